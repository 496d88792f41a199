import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';

/*
 * Many TFTP clients at once, each with a port of its own, to be run inside a namespace. Arguments: the server's address,
 * the file, how many clients, block size, window. Prints one JSON line: how many got the file, its SHA-256 as they saw it, and
 * how long the slowest took.
 */

const [address = '', name = '', count = '1', blockSize = '1468', window = '1'] = process.argv.slice(2);
const request: Buffer = Buffer.from(
  `\0\x01${name}\0octet\0blksize\0${blockSize}\0windowsize\0${window}\0tsize\x000\0`,
);
const retryMs = 2_000;
const patience = 8;

interface Got {
  digest: string | undefined;
  ms: number;
}

function fetch(): Promise<Got> {
  const socket = createSocket('udp4');
  const hash = createHash('sha256');
  const began = performance.now();
  // A client keeps to the port that answered first (RFC 1350, 4).
  let server: number | undefined;
  let last = { packet: request, port: 69 };
  let block = 0;
  let granted = { blockSize: 512, window: 1 };
  let fresh = 0;
  let misses = 0;
  return new Promise((resolve) => {
    const say = (packet: Buffer, port: number, sent?: () => void): void => {
      last = { packet, port };
      socket.send(packet, port, address, sent);
    };
    const finish = (digest: string | undefined): void => {
      clearInterval(timer);
      socket.close(() => resolve({ digest, ms: performance.now() - began }));
    };
    const timer = setInterval(() => {
      misses += 1;
      if (misses > patience) finish(undefined);
      else say(last.packet, last.port);
    }, retryMs);
    say(request, 69);
    socket.on('message', (packet, { port }) => {
      server ??= port;
      if (port !== server) return;
      misses = 0;
      timer.refresh();
      const code = packet.readUInt16BE(0);
      if (code === 6) {
        const words = packet.subarray(2).toString('latin1').split('\0');
        const value = (option: string): number => Number(words[words.indexOf(option) + 1]);
        granted = { blockSize: value('blksize'), window: value('windowsize') };
        say(Buffer.of(0, 4, 0, 0), port);
      } else if (code !== 3) finish(undefined);
      else if (packet.readUInt16BE(2) !== ((block + 1) & 0xffff)) {
        // RFC 7440, 4: a gap is told once, by the last block in order.
        if (fresh > 0) say(Buffer.of(0, 4, (block >> 8) & 0xff, block & 0xff), port);
        fresh = 0;
      } else {
        block += 1;
        fresh += 1;
        hash.update(packet.subarray(4));
        const ended = packet.length - 4 < granted.blockSize;
        const ack = Buffer.of(0, 4, (block >> 8) & 0xff, block & 0xff);
        if (ended) say(ack, port, () => finish(hash.digest('hex')));
        else if (fresh === granted.window) {
          fresh = 0;
          say(ack, port);
        }
      }
    });
  });
}

const all = await Promise.all(Array.from({ length: Number(count) }, fetch));
const whole = all.filter(({ digest }) => digest !== undefined);
const slowestMs = Math.round(Math.max(...all.map(({ ms }) => ms)));
const meanMs = Math.round(all.reduce((sum, { ms }) => sum + ms, 0) / all.length);
console.log(
  JSON.stringify({
    whole: whole.length,
    digests: [...new Set(whole.map(({ digest }) => digest))],
    slowestMs,
    meanMs,
  }),
);
