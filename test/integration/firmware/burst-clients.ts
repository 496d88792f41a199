import { execFile } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { ipv4FromNumber } from '../../../src/domain/net/address.ts';
import { macToBytes } from '../../../src/domain/net/mac.ts';
import { type Dhcp4Packet, decodePacket, encodePacket } from '../../../src/rack/dhcp4/packet.ts';
import { captured } from '../../fixtures/packets/dhcp4.ts';

/*
 * Machines that boot at the same moment, to be run in a namespace whose `eth0` has no address. The arguments are the rack's
 * address, its HTTP port, a namespace that gets their addresses and loads files, and their MAC addresses. They say what EDK2 and iPXE said when they were recorded, give up when firmware does, and load with
 * curl. One line of JSON for each machine.
 */

/** What became of one machine. */
export interface BurstResult {
  mac: string;
  address: string | undefined;
  /** DISCOVERs and REQUESTs that had to be sent, both rounds together; 4 when nothing was lost. */
  sent: number;
  loaderBytes: number;
  script: string;
  kernelBytes: number;
  /** Since the first DISCOVER. */
  loaderMs: number;
  kernelMs: number;
  failure: string | undefined;
}

/** PXE 2.1, 2.2.2: a client waits so long for each answer, then it gives up. */
const patienceSeconds = [4, 8, 16, 32];

const [rack = '', port = '', loading = '', ...macs] = process.argv.slice(2);
const run = promisify(execFile);
const socket: Socket = createSocket('udp4');
const waiting = new Map<number, (packet: Dhcp4Packet) => void>();
socket.on('message', (data) => {
  const packet = decodePacket(data);
  waiting.get(packet.xid)?.(packet);
});
socket.bind(68);
await once(socket, 'listening');
socket.setBroadcast(true);

const results = await Promise.all(macs.map(live));
for (const result of results) console.log(JSON.stringify(result));
socket.close();

async function live(mac: string, index: number): Promise<BurstResult> {
  const begun = performance.now();
  const since = (): number => Math.round(performance.now() - begun);
  const result: BurstResult = {
    ...{ mac, address: undefined, sent: 0, loaderBytes: 0, script: '', kernelBytes: 0 },
    ...{ loaderMs: 0, kernelMs: 0, failure: undefined },
  };
  try {
    const first = await configure('pxe-uefi', mac, 2 * index + 1, result);
    result.address = ipv4FromNumber(first.yiaddr);
    await run('ip', ['-n', loading, 'address', 'add', `${result.address}/24`, 'dev', 'eth0']);
    const loader = await fetch(`tftp://${ipv4FromNumber(first.siaddr)}/${first.file}`, result.address);
    Object.assign(result, { loaderBytes: loader.length, loaderMs: since() });
    const second = await configure('ipxe-uefi', mac, 2 * index + 2, result);
    if (second.yiaddr !== first.yiaddr) throw new Error('another address in the second round');
    result.script = (await fetch(second.file, result.address)).toString();
    const kernel = /^kernel .*?(http\S+)/m.exec(result.script)?.[1];
    if (kernel === undefined || !kernel.startsWith(`http://${rack}:${port}/`)) throw new Error('no kernel');
    Object.assign(result, { kernelBytes: (await fetch(kernel, result.address)).length, kernelMs: since() });
  } catch (error) {
    result.failure = error instanceof Error ? error.message : String(error);
  }
  return result;
}

async function configure(who: string, mac: string, xid: number, result: BurstResult): Promise<Dhcp4Packet> {
  const offer = await exchange(recorded(`dhcp4-discover-${who}`, mac, xid), 2, result);
  const request = recorded(`dhcp4-request-${who}`, mac, xid);
  request.options.set(50, addressBytes(offer.yiaddr));
  const server = offer.options.get(54);
  if (server !== undefined) request.options.set(54, server);
  return exchange(request, 5, result);
}

/** The answer is wanted by broadcast: this namespace's kernel takes no packet to an address that it has not got yet. */
function recorded(name: string, mac: string, xid: number): Dhcp4Packet {
  const packet = decodePacket(captured(name));
  const bytes = macToBytes(mac);
  const uuid = packet.options.get(97)?.slice();
  uuid?.set(bytes, uuid.length - bytes.length);
  if (uuid !== undefined) packet.options.set(97, uuid);
  const identifier = packet.options.get(61);
  if (identifier !== undefined) packet.options.set(61, uuid ?? identifier);
  return { ...packet, xid, flags: 0x8000, chaddr: bytes };
}

async function exchange(packet: Dhcp4Packet, type: number, result: BurstResult): Promise<Dhcp4Packet> {
  const bytes = encodePacket(packet, { maximum: 1472 });
  for (const seconds of patienceSeconds) {
    const answer = new Promise<Dhcp4Packet>((resolve) => {
      waiting.set(packet.xid, (found) => {
        if (found.options.get(53)?.[0] === type) resolve(found);
      });
    });
    result.sent += 1;
    socket.send(bytes, 67, '255.255.255.255', sent);
    const late = AbortSignal.timeout(seconds * 1000);
    const found = await Promise.race([answer, once(late, 'abort').then(() => undefined)]);
    if (found !== undefined) return found;
  }
  throw new Error(`no DHCP message ${type} within the patience of firmware`);
}

async function fetch(url: string, from: string): Promise<Buffer> {
  const options = ['-sS', '--fail', '--tftp-blksize', '1468', '--max-time', '60', '--interface', from, url];
  const { stdout } = await run('ip', ['netns', 'exec', loading, 'curl', ...options], {
    encoding: 'buffer',
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

function sent(error: Error | null): void {
  if (error !== null) throw error;
}

function addressBytes(address: number): Uint8Array {
  return Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address);
}
