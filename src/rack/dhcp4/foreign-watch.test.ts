import { beforeEach, describe, expect, it } from 'vitest';
import { ipv4ToNumber } from '../../domain/net/address.ts';
import { createManualTimers, type ManualTimers } from '../../kube/manual-timers.ts';
import { silentLogger } from '../../log/logger.ts';
import { createMemorySockets, type MemorySockets } from '../net/memory-sockets.ts';
import type { HeardReply } from '../net/raw-sockets.ts';
import { encodeProbe, isProbe } from './foreign-probe.ts';
import { createForeignServers, serverOf } from './foreign-servers.ts';
import { createForeignWatch, type ForeignWatch } from './foreign-watch.ts';
import { ipBytes, messageType, option } from './options.ts';
import { type Dhcp4Packet, decodePacket, encodePacket } from './packet.ts';

const number = (address: string): number => ipv4ToNumber(address) ?? 0;
const mac = '52:54:00:99:00:01';

function aReply(
  server: string | undefined,
  part: Partial<Dhcp4Packet> = {},
  type: number = messageType.offer,
) {
  const options = new Map<number, Uint8Array>([[option.messageType.code, Uint8Array.of(type)]]);
  if (server !== undefined) options.set(option.serverIdentifier.code, ipBytes(number(server)));
  const probe = decodePacket(encodeProbe('52:54:00:00:00:01', 7));
  return { ...probe, op: 2, options, ...part };
}

describe('a message on the wire', () => {
  const source = number('10.0.0.66');
  it.each<[string, Dhcp4Packet, { address: string; mac: string | undefined } | undefined]>([
    ['is of the server that it names', aReply('10.0.0.67'), { address: '10.0.0.67', mac }],
    ['is of its sender when it names none', aReply(undefined), { address: '10.0.0.66', mac }],
    ['may be an ACK', aReply('10.0.0.67', {}, messageType.ack), { address: '10.0.0.67', mac }],
    [
      'tells no MAC address when a relay brought it',
      aReply('192.0.2.1', { giaddr: number('10.0.0.1') }),
      { address: '192.0.2.1', mac: undefined },
    ],
    [
      'tells nothing when a relay stands in for its server',
      aReply('10.0.0.1', { giaddr: number('10.0.0.1') }),
      undefined,
    ],
    ['is no server when a client speaks', aReply('10.0.0.67', { op: 1 }), undefined],
    ['is no server when it is of another type', aReply('10.0.0.67', {}, messageType.inform), undefined],
  ])('%s', (_sentence, packet, expected) => {
    const wanted = expected && { ...expected, address: number(expected.address) };
    expect(serverOf(packet, source, mac)).toEqual(wanted);
  });
});

describe('the servers of an interface', () => {
  it('are no more than fit, the latest of them', () => {
    const servers = createForeignServers({ forgetAfterMs: 1000, most: 3 });
    for (let address = 1; address <= 5; address += 1) servers.heard({ address, mac }, address);
    servers.heard({ address: 3, mac: undefined }, 6);
    servers.heard({ address: 6, mac }, 7);
    expect(servers.list(7).map(({ address }) => address)).toEqual([3, 5, 6]);
    expect(servers.list(7)[0]).toMatchObject({ mac, firstAt: 3, lastAt: 6 });
  });
});

describe('the look-out for foreign DHCP servers', () => {
  let timers: ManualTimers;
  let sockets: MemorySockets;
  let wire: HeardReply[];
  let ours: Set<string>;
  let watch: ForeignWatch;
  let closed: number;

  beforeEach(() => {
    timers = createManualTimers();
    sockets = createMemorySockets();
    wire = [];
    ours = new Set();
    closed = 0;
    watch = createForeignWatch({
      raw: {
        openEcho() {
          throw new Error('not here');
        },
        openDhcpTap: () => ({ next: () => wire.shift(), close: () => (closed += 1) }),
      },
      sockets,
      interfaces: () => [{ name: 'eth1', mac: '02:00:00:00:00:01', addresses: [] }],
      isOurs: ({ address }) => ours.has(address),
      clock: { now: () => timers.monotonic() },
      log: silentLogger,
      probeMs: 60_000,
      timers,
    });
    watch.watch('eth1');
  });

  const say = (server: string): void => {
    wire.push({ mac, source: number(server), data: encodePacket(aReply(server)) });
  };

  it('names a server that was heard, with its MAC address, once it has had time to say that it is a rack', async () => {
    say('10.0.0.66');
    await timers.advance(1000);
    expect(watch.list()).toEqual([]);
    await timers.advance(10_000);
    expect(watch.list()).toEqual([{ device: 'eth1', address: '10.0.0.66', mac, lastSeen: 500 }]);
  });

  it.each([
    ['never names a rack', true],
    ['drops one that turns out to be a rack', false],
  ])('%s', async (_sentence, early) => {
    if (early) ours.add('10.0.0.66');
    say('10.0.0.66');
    await timers.advance(11_000);
    expect(watch.list()).toHaveLength(early ? 0 : 1);
    ours.add('10.0.0.66');
    expect(watch.list()).toEqual([]);
  });

  it('forgets one that three probes did not bring back', async () => {
    say('10.0.0.66');
    await timers.advance(3.4 * 60_000);
    expect(watch.list()).toHaveLength(1);
    await timers.advance(0.2 * 60_000);
    expect(watch.list()).toEqual([]);
  });

  it('is no news each second where a server is busy', async () => {
    const seen = new Set<number>();
    for (let second = 0; second < 120; second += 1) {
      say('10.0.0.66');
      await timers.advance(1000);
      for (const { lastSeen } of watch.list()) seen.add(lastSeen);
    }
    expect(seen.size).toBeGreaterThan(1);
    expect(seen.size).toBeLessThan(6);
  });

  it('probes soon and then every minute or so, by broadcast, with its own MAC address', async () => {
    await timers.advance(2000);
    expect(sockets.sent).toMatchObject([
      { device: 'eth1', mac: 'ff:ff:ff:ff:ff:ff', to: { address: '255.255.255.255', port: 67 } },
    ]);
    const probe = decodePacket(sockets.sent[0]?.data ?? new Uint8Array());
    expect(isProbe(probe)).toBe(true);
    expect(Buffer.from(probe.chaddr).toString('hex')).toBe('020000000001');
    await timers.advance(10 * 66_000);
    expect(sockets.sent.length).toBeGreaterThanOrEqual(11);
    expect(sockets.sent.length).toBeLessThanOrEqual(14);
  });

  it('takes any bytes', async () => {
    wire.push({ mac, source: 1, data: new Uint8Array(3) }, { mac, source: 1, data: new Uint8Array(400) });
    say('10.0.0.66');
    await timers.advance(11_000);
    expect(watch.list()).toHaveLength(1);
  });

  it('has neither sockets nor timers after its end', async () => {
    watch.close();
    expect(closed).toBe(1);
    expect(timers.pending()).toBe(0);
    expect(watch.list()).toEqual([]);
  });
});
