import { createSocket } from 'node:dgram';
import { ipv4FromNumber, ipv4ToNumber } from '../../../src/domain/net/address.ts';
import { macToBytes } from '../../../src/domain/net/mac.ts';
import { type Dhcp4Packet, decodePacket, encodePacket } from '../../../src/rack/dhcp4/packet.ts';

/*
 * Machines that start one after the other, behind a relay that is this program: each does DISCOVER and REQUEST and asks again
 * as firmware does. Arguments: the server, the relay's own address, seconds in all, the machines' MAC addresses. Prints one
 * line of JSON.
 */

/** What became of the machines. */
export interface KnownClients {
  served: { mac: string; address: string }[];
  failed: string[];
  /** DISCOVERs and REQUESTs that had to be repeated. */
  repeated: number;
}

const [server = '', own = '', seconds = '0', ...macs] = process.argv.slice(2);
/** PXE's first wait is four seconds; a quarter of it makes the test shorter, and the server's task no easier. */
const waitMs = [1000, 2000, 4000];
const result: KnownClients = { served: [], failed: [], repeated: 0 };
const waiting = new Map<number, (packet: Dhcp4Packet) => void>();

const socket = createSocket('udp4');
socket.on('message', (data) => {
  const packet = decodePacket(data);
  waiting.get(packet.xid)?.(packet);
});
await new Promise<void>((ready) => socket.bind(67, own, ready));
await Promise.all(
  macs.map(async (mac, index) => {
    await new Promise((done) => setTimeout(done, (index * Number(seconds) * 1000) / macs.length));
    const address = await start(mac, index + 1);
    if (address === undefined) result.failed.push(mac);
    else result.served.push({ mac, address });
  }),
);
socket.close();
console.log(JSON.stringify(result));

/** One machine's way to its address; undefined when the server did not take it there. */
async function start(mac: string, xid: number): Promise<string | undefined> {
  const offer = await ask(mac, xid, [[53, Uint8Array.of(1)]]);
  const serverId = offer?.options.get(54);
  if (offer === undefined || serverId === undefined) return undefined;
  const wanted = new Uint8Array(4);
  new DataView(wanted.buffer).setUint32(0, offer.yiaddr);
  const request: [number, Uint8Array][] = [
    [53, Uint8Array.of(3)],
    [50, wanted],
    [54, serverId],
  ];
  const ack = await ask(mac, xid, request);
  return ack?.options.get(53)?.[0] === 5 ? ipv4FromNumber(ack.yiaddr) : undefined;
}

async function ask(
  mac: string,
  xid: number,
  options: [number, Uint8Array][],
): Promise<Dhcp4Packet | undefined> {
  const giaddr = ipv4ToNumber(own) ?? 0;
  const message = encodePacket({
    ...{ op: 1, htype: 1, hops: 1, xid, secs: 0, flags: 0, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr },
    ...{ chaddr: macToBytes(mac), sname: '', file: '', options: new Map(options) },
  });
  for (const [attempt, ms] of waitMs.entries()) {
    if (attempt > 0) result.repeated += 1;
    const answer = new Promise<Dhcp4Packet | undefined>((resolve) => {
      const late = setTimeout(() => resolve(undefined), ms);
      waiting.set(xid, (packet) => {
        clearTimeout(late);
        resolve(packet);
      });
    });
    socket.send(message, 67, server);
    const packet = await answer;
    waiting.delete(xid);
    if (packet !== undefined) return packet;
  }
  return undefined;
}
