import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { mutate } from '../../fuzz/mutate.ts';
import { createRandom, seedOf } from '../../fuzz/random.ts';
import { bytesTarget } from '../../fuzz/target.ts';
import { dhcpRequests } from '../../fuzz/targets/dhcp4.ts';
import { tftpPackets } from '../../fuzz/targets/tftp.ts';

/*
 * Sends mutated packets to a rack, to be run inside a namespace. Arguments: the rack's address, the broadcast address, how many
 * packets, a seed. After every batch it waits until the rack's TFTP says that a file is not there: that paces it, and shows
 * that the rack lives. Prints one JSON line with what was sent.
 */

const [server = '', broadcast = '', count = '1000', seed = '1'] = process.argv.slice(2);
const batch = 100;
const patienceMs = 30_000;
const requests = [
  'GET /boot/52-54-00-00-00-99.ipxe HTTP/1.1\r\nHost: rack\r\n\r\n',
  'GET /loaders/snponly.efi HTTP/1.1\r\nHost: rack\r\nRange: bytes=0-9,20-29\r\nIf-None-Match: "a"\r\n\r\n',
  'HEAD /loaders/snponly.efi HTTP/1.0\r\n\r\n',
  'POST /agent/v1/sessions HTTP/1.1\r\nHost: rack\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{"token":"a","macAddresses":["52:54:00"]',
  'POST /agent/v1/enlistments HTTP/1.1\r\nHost: rack\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n',
].map((text) => Uint8Array.from(Buffer.from(text)));
const words = ['\r\n', 'HTTP/1.1', 'bytes=', ': ', '%2e%2e/', 'Content-Length: 99999999999', 'chunked'];
const kinds = [
  { ...bytesTarget('dhcp4', dhcpRequests, () => {}), port: 67, share: 60 },
  { ...bytesTarget('boot-server', dhcpRequests, () => {}), port: 4011, share: 5 },
  { ...bytesTarget('tftp', tftpPackets, () => {}), port: 69, share: 32 },
  { ...bytesTarget('http', requests, () => {}, { words }), port: 7480, share: 3 },
];

const bound = (port: number): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(port, () => {
      socket.setBroadcast(true);
      resolve(socket);
    });
  });
const dhcpClient = await bound(68);
const others = await Promise.all(Array.from({ length: 50 }, () => bound(0)));
const probe = await bound(0);

/** Resolves when the rack has answered a request for a file that is not there. */
async function alive(): Promise<void> {
  let answered = false;
  probe.once('message', () => {
    answered = true;
  });
  const until = performance.now() + patienceMs;
  for (let wait = 1; !answered; wait = Math.min(2 * wait, 500)) {
    if (performance.now() > until) throw new Error('the rack does not answer any more');
    if (wait === 1 || wait >= 256) probe.send('\0\x01no-such-file\0octet\0', 69, server);
    await delay(wait);
  }
}

function post(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ host: server, port: 7480 }, () => socket.end(bytes));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
}

function kindOf(lot: number): (typeof kinds)[number] {
  let below = 0;
  for (const kind of kinds) {
    below += kind.share;
    if (lot < below) return kind;
  }
  throw new Error('the shares are no hundred');
}

const sent: Record<string, number> = {};
let posts: Promise<void>[] = [];
for (let index = 0; index < Number(count); index += 1) {
  const random = createRandom(seedOf(Number(seed), 'wire', index));
  const kind = kindOf(random.below(100));
  sent[kind.name] = (sent[kind.name] ?? 0) + 1;
  const bytes = mutate(kind, random);
  if (kind.name === 'http') posts.push(post(bytes));
  else {
    const socket = kind.port === 69 ? others[random.below(others.length)] : dhcpClient;
    socket?.send(bytes, kind.port, kind.port === 67 && random.below(2) === 0 ? broadcast : server);
  }
  if (index % batch === 0) await alive();
  if (posts.length >= 20) {
    await Promise.all(posts);
    posts = [];
  }
}
await Promise.all(posts);
await alive();
console.log(JSON.stringify(sent));
for (const socket of [dhcpClient, probe, ...others]) socket.close();
