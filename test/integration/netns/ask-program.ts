import { createSocket } from 'node:dgram';
import { setTimeout } from 'node:timers/promises';

/*
 * Sends one datagram and prints what comes back within a second, one line of hexadecimal each. To be run inside a
 * namespace: its arguments are the local address and port, the address and port to send to, and the datagram.
 */
const [address = '', port = '', to = '', toPort = '', hex = ''] = process.argv.slice(2);
const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (data) => console.log(`reply ${data.toString('hex')}`));
await new Promise<void>((resolve) => socket.bind(Number(port), address, resolve));
socket.setBroadcast(true);
socket.send(Buffer.from(hex, 'hex'), Number(toPort), to);
await setTimeout(1000);
socket.close();
