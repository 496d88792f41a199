import { createSocket, type Socket } from 'node:dgram';

/*
 * Many TFTP clients in one process, each with an address of its own out of 10.1.0.0/16: started all at once, lockstep,
 * as firmware does it. Arguments: server, file, bytes of it, number of clients. Prints one line of JSON.
 */

/** What became of all of them. Times in ms. */
export interface SwarmResult {
  failures: number;
  took: number[];
}

const [server = '', file = '', bytes = '0', clients = '0'] = process.argv.slice(2);
const size = Number(bytes);
const blockSize = 1468;
/** Firmware asks again after some seconds, and gives up after some more. */
const [againMs, patienceMs] = [2_000, 120_000];

/** Fetches the file; resolves with the milliseconds it took, or undefined when it did not come whole. */
async function fetchFile(number: number): Promise<number | undefined> {
  const socket = await boundTo(`10.1.${1 + (number >> 8)}.${number & 255}`);
  const request = Buffer.from(`\0\x01${file}\0octet\0blksize\0${blockSize}\0`, 'latin1');
  const acknowledgement = Buffer.from([0, 4, 0, 0]);
  const began = performance.now();
  let port = 69;
  let last = request;
  let [received, next] = [0, 1];
  return new Promise((resolve) => {
    const end = (result: number | undefined): void => {
      clearInterval(again);
      clearTimeout(patience);
      socket.close();
      resolve(result);
    };
    let moved = true;
    const again = setInterval(() => {
      if (!moved) socket.send(last, port, server);
      moved = false;
    }, againMs);
    const patience = setTimeout(() => end(undefined), patienceMs);
    const acknowledge = (block: number): void => {
      acknowledgement.writeUInt16BE(block & 0xffff, 2);
      last = acknowledgement;
      moved = true;
      socket.send(acknowledgement, port, server);
    };
    const take = (data: Buffer): void => {
      if (data[1] === 5) end(undefined);
      if (data[1] === 6) acknowledge(0);
      if (data[1] !== 3 || data.readUInt16BE(2) !== (next & 0xffff)) return;
      received += data.length - 4;
      acknowledge(next);
      next += 1;
      if (data.length - 4 < blockSize) end(received === size ? performance.now() - began : undefined);
    };
    socket.on('message', (data, from) => {
      if (port === 69) port = from.port;
      if (from.port === port) take(data);
    });
    socket.send(request, port, server);
  });
}

function boundTo(address: string): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (host, _options, callback) => callback(null, host, 4),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, address, () => resolve(socket));
  });
}

const all = await Promise.all(Array.from({ length: Number(clients) }, (_, number) => fetchFile(number)));
const took = all.filter((time) => time !== undefined);
const result: SwarmResult = { failures: all.length - took.length, took };
console.log(JSON.stringify(result));
