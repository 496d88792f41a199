import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { median, percentile } from './lib/figures.ts';
import { residentMiB } from './lib/process-cost.ts';
import { createReport } from './lib/record.ts';
import type { SweepOrder } from './power/rack.ts';

/*
 * One rack looks at the power of 1,000 BMCs: a room of sound ones, and one in which 5 % are broken, in turns. There is no peer
 * that does the same, so the figures stand beside the goals.
 */

const size = 1_000;
const broken = 50;
const rounds = 5;

const Room = z.object({
  kind: z.literal('room'),
  username: z.string(),
  bmcs: z.array(
    z.object({
      driver: z.enum(['ipmi', 'redfish']),
      address: z.string(),
      password: z.string(),
      fault: z.string().optional(),
    }),
  ),
});
const Seen = z.object({ kind: z.literal('seen'), mostSessions: z.int() });
const Rows = z.array(z.object({ address: z.string(), outcome: z.string(), ms: z.number() }));

const children = new Set<ChildProcess>();
const program = (name: string, ...args: string[]): ChildProcess => {
  const child = fork(join(import.meta.dirname, 'power', `${name}.ts`), args);
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
};

interface Sweep {
  /** Until every BMC had an outcome, in s. */
  allS: number;
  /** Of sound BMCs: until each had its state, in ms after the begin. */
  soundMs: number[];
  mostSessions: number;
  peakMiB: number;
  outcomes: Map<string, number>;
}

async function sweep(room: ChildProcess, { username, bmcs }: z.infer<typeof Room>): Promise<Sweep> {
  const rack = program('rack');
  let peakMiB = 0;
  const watch = setInterval(() => {
    if (rack.pid !== undefined && rack.exitCode === null) peakMiB = Math.max(peakMiB, residentMiB(rack.pid));
  }, 100);
  const order: SweepOrder = { username, bmcs: bmcs.map((bmc) => ({ fault: undefined, ...bmc })) };
  rack.send(order);
  const rows = Rows.parse((await once(rack, 'message'))[0]);
  clearInterval(watch);
  if (rack.exitCode === null) await once(rack, 'exit');
  room.send('look');
  const { mostSessions } = Seen.parse((await once(room, 'message'))[0]);
  const sound = new Set(bmcs.filter(({ fault }) => fault === undefined).map(({ address }) => address));
  const wrong = rows.filter(({ address, outcome }) => sound.has(address) !== (outcome === 'Off'));
  if (wrong.length > 0) throw new Error(`not what the BMC is: ${JSON.stringify(wrong.slice(0, 3))}`);
  const outcomes = new Map<string, number>();
  for (const { outcome } of rows) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  return {
    allS: Math.max(...rows.map(({ ms }) => ms)) / 1000,
    soundMs: rows.filter(({ address }) => sound.has(address)).map(({ ms }) => ms),
    ...{ mostSessions, peakMiB, outcomes },
  };
}

const report = createReport('power');
try {
  const rooms = await Promise.all(
    [0, broken].map(async (faulty) => {
      const child = program('bmcs', String(size), String(faulty));
      return { child, room: Room.parse((await once(child, 'message'))[0]) };
    }),
  );
  const sweeps: Sweep[][] = rooms.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { child, room }] of rooms.entries()) {
      const result = await sweep(child, room);
      sweeps[index]?.push(result);
      const outcomes = [...result.outcomes].map(([code, times]) => `${times} ${code}`).join(', ');
      report.note(
        `${index === 0 ? 'all sound' : `${broken} broken`}: ${result.allS.toFixed(1)} s; ${outcomes}`,
      );
    }
  }
  const [sound = [], mixed = []] = sweeps;
  const lastSound = (of: Sweep[]): number => median(of.map(({ soundMs }) => Math.max(...soundMs) / 1000));
  const p99 = (of: Sweep[]): number => median(of.map(({ soundMs }) => percentile(soundMs, 0.99) / 1000));
  report.add({
    name: 'power-sweep',
    what: '1,000 BMCs, half of them Redfish over TLS, 5 % broken: until each has an outcome',
    ours: median(mixed.map(({ allS }) => allS)),
    peers: [{ name: 'goal', value: 60 }],
    unit: 's',
  });
  report.add({
    name: 'power-sound',
    what: 'the same: until the last sound BMC was seen, beside a room in which all are sound',
    ours: lastSound(mixed),
    peers: [{ name: 'all-sound', value: lastSound(sound) }],
    unit: 's',
  });
  report.add({
    name: 'power-delay',
    what: 'what broken BMCs add for the sound ones, at the 99th percentile',
    ours: Math.max(0, p99(mixed) - p99(sound)),
    peers: [{ name: 'goal', value: 1 }],
    unit: 's',
  });
  report.add({
    name: 'power-sessions',
    what: 'most sessions that a sound BMC had at a time',
    ours: Math.max(...sweeps.flat().map(({ mostSessions }) => mostSessions)),
    peers: [{ name: 'goal', value: 1 }],
    unit: 'sessions',
  });
  report.add({
    name: 'power-memory',
    what: "most resident memory of the rack's process",
    ours: Math.max(...sweeps.flat().map(({ peakMiB }) => peakMiB)),
    peers: [{ name: 'goal', value: 400 }],
    unit: 'MiB',
  });
  report.close();
} finally {
  for (const child of children) child.kill();
}
