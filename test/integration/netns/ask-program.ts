import { createSocket } from 'node:dgram';
import { setTimeout } from 'node:timers/promises';

/*
 * Sends one datagram and prints what comes back, one line of hexadecimal each: until half a second after the first one, or
 * for three seconds. To be run inside a namespace: its arguments are the local address and port, the address and port to send to, and the datagram.
 */
const [address = '', port = '', to = '', toPort = '', hex = ''] = process.argv.slice(2);
const socket = createSocket({ type: 'udp4', reuseAddr: true });
const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
socket.on('message', (data) => {
  console.log(`reply ${data.toString('hex')}`);
  answer();
});
await new Promise<void>((resolve) => socket.bind(Number(port), address, resolve));
socket.setBroadcast(true);
socket.send(Buffer.from(hex, 'hex'), Number(toPort), to);
await Promise.race([answered.then(() => setTimeout(500)), setTimeout(3000)]);
socket.close();
process.exit(0);
