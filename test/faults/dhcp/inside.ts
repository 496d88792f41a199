import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ipv4FromNumber } from '../../../src/domain/net/address.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createSocketFactory } from '../../../src/rack/net/socket-factory.ts';
import { missingFrom } from './check-log.ts';
import { createClients } from './clients.ts';
import { net, startCluster } from './cluster.ts';
import { quadOf } from './message.ts';
import { bundleRack, createRackProcess, type RackProcess } from './racks.ts';

/*
 * The part that runs inside of the hub's namespace: API server, clients, and whoever kills the racks. `../dhcp.ts` makes the
 * namespaces and starts it.
 */

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    seed: { type: 'string' },
    clients: { type: 'string' },
    minutes: { type: 'string' },
    namespaces: { type: 'string', default: '' },
  },
});
const kills = Number(values.kills ?? 200);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const strangers = Number(values.clients ?? 600);
/** A computer that is too slow for all kills in this time makes fewer, and says so. */
const minutes = Number(values.minutes ?? 45);
const steadyMs = 3000;
const term = { termSeconds: 15, renewSeconds: 4 };
const random = mulberry(seed);
const machines = new Map(
  Array.from({ length: 10 }, (_, number) => [`02:78:00:00:00:0${number}`, `10.77.0.${number + 100}`]),
);

console.log(`seed ${seed}: ${kills} kills, ${strangers} clients, ${machines.size} machines`);
const directory = mkdtempSync(join(tmpdir(), 'metalwright-faults-'));
const cluster = await startCluster(directory, '172.31.255.1', machines);
const program = await bundleRack(directory);
const racks: RackProcess[] = [];
const ways: { setBlocked(blocked: boolean): void }[] = [];
for (const [index, namespace] of values.namespaces.split(',').entries()) {
  const name = `rack-${index + 1}`;
  const way = await cluster.wayIn(name);
  ways.push(way);
  const server = quadOf('10.77.0.2') + index;
  racks.push(createRackProcess({ ...term, ...way, name, namespace, program, server, directory }));
}
const socket = await (await createSocketFactory(silentLogger)).openUdp4({
  device: 'br0',
  port: 68,
  broadcast: true,
});
for (const rack of racks) rack.start();
const clients = createClients({
  socket,
  strangers,
  machines: new Map([...machines].map(([mac, address]) => [mac, quadOf(address)])),
  random,
});
const { tally } = clients;
const began = performance.now();
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
let checked = 0;
let killed = 0;
let longOutages = 0;
let stalls = 0;
let blocks = 0;
/** Violations that were printed. */
let said = 0;

function look(rack: RackProcess): void {
  const acknowledged = clients.take(rack.server);
  checked += acknowledged.length;
  tally.violations.push(
    ...missingFrom(rack.stateDirectory, acknowledged, clients.uses).map((text) => `${rack.name}: ${text}`),
  );
}

/** Since when each rack has answered after its last start; undefined while it does not. */
const servingSince = new Map<RackProcess, number>();

/**
 * Only a rack that has answered for a while is worth a kill: where both are new all the time, it is the starting of programs that is
 * tested. One that never comes up shows in the machines' patience.
 */
function isServing(rack: RackProcess): boolean {
  const answers = rack.running() && clients.heardAt(rack.server) > rack.startedAt();
  if (!answers) servingSince.delete(rack);
  else if (!servingSince.has(rack)) servingSince.set(rack, performance.now());
  const since = servingSince.get(rack);
  return since !== undefined && performance.now() - since > steadyMs;
}

function report(): void {
  for (; said < tally.violations.length; said += 1) console.log(`VIOLATION ${tally.violations[said]}`);
  const { acks, renewals, naks, ended, boots, longestBootMs, violations } = tally;
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    `${seconds} s: ${killed} kills, ${acks} ACKs (${renewals} renewals), ${checked} looked up, ${clients.bound()} bound, ` +
      `${naks} NAKs, ${ended} ended, ${boots} boots, longest ${Math.round(longestBootMs)} ms, ${violations.length} violations`,
  );
}

/** Mostly back at once; sometimes away until the other rack has taken its slices over. */
async function killOnce(rack: RackProcess): Promise<void> {
  await rack.kill();
  killed += 1;
  look(rack);
  const long = random() < 0.08;
  if (long) longOutages += 1;
  await wait(long ? (term.termSeconds + 4 + random() * 5) * 1000 : random() * 800);
  rack.start();
}

/** A process that stands still, or hears nothing of the API server, for longer than its slices last. */
async function disturb(index: number): Promise<void> {
  const rack = racks[index];
  const way = ways[index];
  if (rack === undefined || way === undefined) return;
  const ms = (term.termSeconds + 2 + random() * 4) * 1000;
  if (random() < 0.5) {
    stalls += 1;
    rack.signal('SIGSTOP');
    await wait(ms);
    rack.signal('SIGCONT');
  } else {
    blocks += 1;
    way.setBlocked(true);
    await wait(ms);
    way.setBlocked(false);
  }
}

// Until most clients have an address: what is killed shall have something to lose.
const warm = performance.now() + 90_000;
while (
  clients.bound() < strangers * 0.8 &&
  performance.now() < warm &&
  racks.every((rack) => rack.running())
) {
  await wait(250);
}
report();
let reported = 0;
const busy = new Set<Promise<void>>();
const occupied = racks.map(() => false);
const latest = began + minutes * 60_000;
const isTime = (): boolean => performance.now() < latest;
while ((killed + busy.size < kills && isTime()) || busy.size > 0) {
  const index = Math.floor(random() * racks.length);
  const rack = racks[index];
  // One at a time is away for sure; that both are happens to those that stall or are cut off.
  if (
    isTime() &&
    killed + busy.size < kills &&
    rack !== undefined &&
    racks.map(isServing).every((serves) => serves) &&
    !occupied[index]
  ) {
    occupied[index] = true;
    const job = (random() < 0.04 ? disturb(index) : killOnce(rack)).finally(() => {
      busy.delete(job);
      occupied[index] = false;
    });
    busy.add(job);
  }
  for (const [at, other] of racks.entries()) {
    if (occupied[at] === true || other.running()) continue;
    tally.violations.push(`${other.name} ended by itself: see its log`);
    other.start();
  }
  await wait(200 + random() * 2500);
  if (killed >= reported + 10) {
    reported = killed - (killed % 10);
    report();
  }
  if (tally.violations.length > 20) break;
}
await Promise.all(busy);
// The last leases are renewed or end: what was lost shows then at the latest.
await wait(Math.min(20_000, net.leaseSeconds * 400));
clients.stop();
for (const rack of racks) {
  await rack.kill();
  look(rack);
}
report();
await socket.close();
await cluster.stop();
const { model = 'unknown' } = cpus()[0] ?? {};
if (killed < kills) console.log(`${killed} of ${kills} kills within ${minutes} minutes`);
console.log(
  `on ${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; ` +
    `${longOutages} outages beyond the term, ${stalls} stalls, ${blocks} times cut off from the API server`,
);
const failed = tally.violations.length > 0 || tally.boots === 0 || checked === 0;
if (failed) console.log(`the racks' logs are in ${directory}; again with --seed ${seed}`);
else rmSync(directory, { recursive: true, force: true });
for (const rack of racks) console.log(`${rack.name} was ${ipv4FromNumber(rack.server)}`);
process.exit(failed ? 1 : 0);

/** A small generator with a seed: the same faults again. */
function mulberry(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
