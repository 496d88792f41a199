import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bestRate, type Trial } from './dhcp/best-rate.ts';
import { type Load, type LoadResult, perfdhcp } from './dhcp/perfdhcp.ts';
import { type DhcpServerUnderTest, dnsmasqServer, keaServer, rackServer } from './dhcp/servers.ts';
import { percentile } from './lib/figures.ts';
import { cpuSeconds, residentMiB } from './lib/process-cost.ts';
import { createReport } from './lib/record.ts';
import { createWire, requirePrograms, type Wire } from './lib/wire.ts';

/*
 * DHCPv4: ours, Kea and dnsmasq one after the other on the same two cores, loaded by perfdhcp. Each is measured whole
 * before the next begins, and only one of them runs at a time.
 */

const trialSeconds = 3;
const steadyRate = 2000;
const overloadSeconds = 6;
const mostDropped = 0.01;
const leases = 100_000;

/** All that is measured of one server. */
interface Measured {
  exchanges: number;
  cpuMicroseconds: number;
  overload: number;
  renewals: number;
  offerP99Ms: number;
}

requirePrograms('kea-dhcp4', 'perfdhcp', 'dnsmasq');
const report = createReport('dhcp');
const net = await createWire();
try {
  const [ours, kea] = [rackServer(net), keaServer(net)];
  const peers = [await measured(net, kea), await measured(net, ours)] as const;
  const [theirs, own] = peers;
  const dnsmasq = await exchangesOf(net, dnsmasqServer(net));
  report.add({
    name: 'dhcp-exchanges',
    what: '4-way exchanges a second at under 1 % drops, each lease fsynced before its ACK (ours and dnsmasq)',
    ours: own.exchanges,
    peers: [
      { name: 'kea', value: theirs.exchanges },
      { name: 'dnsmasq', value: dnsmasq },
    ],
    unit: '1/s',
  });
  report.add({
    name: 'dhcp-cpu',
    what: `processor time of the server for one 4-way exchange, ${steadyRate} a second offered`,
    ours: own.cpuMicroseconds,
    peers: [{ name: 'kea', value: theirs.cpuMicroseconds }],
    unit: 'µs',
  });
  report.add({
    name: 'dhcp-overload',
    what: 'offered twice its own best load, a server keeps of it',
    ours: (100 * own.overload) / own.exchanges,
    peers: [{ name: 'kea', value: (100 * theirs.overload) / theirs.exchanges }],
    unit: '%',
  });
  report.add({
    name: 'dhcp-renewals',
    what: 'renewals a second at under 1 % drops, each with the 4-way exchange before it (perfdhcp -f)',
    ours: own.renewals,
    peers: [{ name: 'kea', value: theirs.renewals }],
    unit: '1/s',
  });
  report.add({
    name: 'dhcp-offer-p99',
    what: 'p99 from DISCOVER to OFFER at 1,000 exchanges a second',
    ours: own.offerP99Ms,
    peers: [
      { name: 'kea', value: theirs.offerP99Ms },
      { name: 'goal', value: 5 },
    ],
    unit: 'ms',
  });
  // Without the leases of what was measured before.
  const fresh = { ...net, directory: join(net.directory, 'fresh') };
  mkdirSync(fresh.directory);
  const held = await withManyLeases(rackServer(fresh));
  const keaHeld = await withManyLeases(keaServer(fresh));
  report.add({
    name: 'dhcp-memory',
    what: 'resident memory with 100,000 leases, after a restart',
    ours: held.residentMiB,
    peers: [
      { name: 'kea', value: keaHeld.residentMiB },
      { name: 'goal', value: 300 },
    ],
    unit: 'MiB',
  });
  report.add({
    name: 'dhcp-start',
    what: 'from exec to serving, with 100,000 leases',
    ours: held.startSeconds,
    peers: [
      { name: 'kea', value: keaHeld.startSeconds },
      { name: 'goal', value: 2 },
    ],
    unit: 's',
  });
  report.close();
} finally {
  await net.close();
}

async function measured({ client }: Wire, server: DhcpServerUnderTest): Promise<Measured> {
  const running = await server.start();
  try {
    await perfdhcp(client, { rate: 500, seconds: 3 });
    const exchanges = await best(server, (rate) => trialOf(client, { rate, seconds: trialSeconds }));
    const before = cpuSeconds(running.pid ?? 0);
    const steady = await perfdhcp(client, { rate: steadyRate, seconds: 2 * trialSeconds });
    const cpuMicroseconds = ((cpuSeconds(running.pid ?? 0) - before) / steady.acks) * 1e6;
    const over = await perfdhcp(client, { rate: Math.round(2 * exchanges), seconds: overloadSeconds });
    report.note(`${server.name} at twice its best: ${(over.acks / overloadSeconds).toFixed(0)}/s`);
    const latency = await perfdhcp(client, { rate: 1000, seconds: 10, times: true });
    const renewals = await bestRate(
      { from: server.firstRate / 2, mostDropped, note: noteOf(`${server.name} renewals`) },
      async (rate) => {
        const { renewed, dropped } = await perfdhcp(client, { rate, seconds: trialSeconds, renew: true });
        return { reached: renewed / trialSeconds, dropped };
      },
    );
    return {
      exchanges,
      cpuMicroseconds,
      overload: over.acks / overloadSeconds,
      renewals,
      offerP99Ms: percentile(latency.offerMs, 0.99),
    };
  } finally {
    await running.stop();
  }
}

async function exchangesOf({ client }: Wire, server: DhcpServerUnderTest): Promise<number> {
  const running = await server.start();
  try {
    return await best(server, (rate) => trialOf(client, { rate, seconds: trialSeconds }));
  } finally {
    await running.stop();
  }
}

/** Fills the server up to so many leases, starts it anew and looks at it. */
async function withManyLeases(
  server: DhcpServerUnderTest,
): Promise<{ residentMiB: number; startSeconds: number }> {
  const first = await server.start();
  let known = 0;
  for (let rate = 2000; known < leases; ) {
    const seconds = Math.max(1, Math.min(10, Math.ceil((leases - known) / rate)));
    const { acks, dropped } = await perfdhcp(net.client, { rate, seconds });
    known += acks;
    rate = Math.round(dropped < mostDropped ? rate * 1.3 : rate * 0.8);
  }
  await first.stop();
  const began = performance.now();
  const again = await server.start();
  const startSeconds = (performance.now() - began) / 1000;
  await perfdhcp(net.client, { rate: 100, seconds: 1 });
  const memory = residentMiB(again.pid ?? 0);
  await again.stop();
  report.note(`${server.name} with ${known} leases: ${memory.toFixed(0)} MiB, ${startSeconds.toFixed(2)} s`);
  return { residentMiB: memory, startSeconds };
}

function best(server: DhcpServerUnderTest, trial: (rate: number) => Promise<Trial>): Promise<number> {
  return bestRate({ from: server.firstRate, mostDropped, note: noteOf(server.name) }, trial);
}

async function trialOf(client: Wire['client'], load: Load): Promise<Trial> {
  const { acks, dropped }: LoadResult = await perfdhcp(client, load);
  return { reached: acks / load.seconds, dropped };
}

function noteOf(name: string): (rate: number, trial: Trial) => void {
  return (rate, { reached, dropped }) =>
    report.note(`${name} at ${rate}/s: ${reached.toFixed(0)}/s, ${(100 * dropped).toFixed(1)} % dropped`);
}
