import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';

/*
 * Sends TFTP requests and acknowledges nothing, to be run inside a namespace. Arguments: the server's address, the addresses
 * to send from, how many requests from each, the request in hex. Listens until nothing has come for so many ms as the last
 * argument says, and prints one JSON line: bytes of UDP payload sent and received, and the first packets received.
 */

const [server = '', addresses = '', each = '1', request = '', quietMs = '6000'] = process.argv.slice(2);
const data = Buffer.from(request, 'hex');
const packets: string[] = [];
let sent = 0;
let received = 0;
let last = performance.now();

const sockets = addresses.split(',').flatMap((address) =>
  Array.from({ length: Number(each) }, () => {
    const socket = createSocket('udp4');
    socket.on('message', (packet) => {
      received += packet.length;
      last = performance.now();
      packets.push(packet.subarray(0, 64).toString('latin1'));
    });
    socket.bind(0, address, () => socket.send(data, 69, server));
    sent += data.length;
    return socket;
  }),
);
while (performance.now() - last < Number(quietMs)) await delay(200);
for (const socket of sockets) socket.close();
console.log(JSON.stringify({ sent, received, packets: packets.slice(0, 4) }));
