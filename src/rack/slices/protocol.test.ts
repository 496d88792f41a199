import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DhcpSubnet } from '../dhcp4/ports.ts';
import type { ApiWay } from './testing/simulated-rack.ts';
import { createSimulation, generator } from './testing/simulation.ts';

const base = 0x0a000000;
const leaseSeconds = 30;
const subnet = {
  name: 'subnet',
  vlan: 'vlan',
  bounds: { start: base, end: base + 63 },
  ranges: [{ start: base + 8, end: base + 31 }],
  leaseSeconds,
};
const dhcpSubnet: DhcpSubnet = {
  name: 'subnet',
  cidr: '10.0.0.0/26',
  dnsServers: [],
  ntpServers: [],
  dynamicRanges: [{ start: '10.0.0.8', end: '10.0.0.31' }],
  leaseSeconds,
  serverAddress: '10.0.0.2',
  bootDisabled: false,
};

const rackIndex = fc.nat(2);
const clientIndex = fc.nat(7);
const command = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 100, max: 15_000 }) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('boot' as const), client: clientIndex }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), client: clientIndex }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('vanish' as const), client: clientIndex }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('extend' as const), client: clientIndex, all: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), rack: rackIndex }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('power' as const),
      rack: rackIndex,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const), rack: rackIndex }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('start' as const), rack: rackIndex }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pause' as const), rack: rackIndex }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resume' as const), rack: rackIndex }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('api' as const),
      rack: rackIndex,
      way: fc.constantFrom<ApiWay>('Ok', 'Ok', 'Cut', 'Deaf', 'Slow'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wall' as const),
      rack: rackIndex,
      ahead: fc.integer({ min: -100_000, max: 100_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('disk' as const),
      rack: rackIndex,
      state: fc.constantFrom('Ok' as const, 'Ok' as const, 'Fails' as const, 'Slow' as const),
    }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

async function simulate(seed: number, commands: readonly Command[]) {
  const random = generator(seed);
  const { timers, racks, clients, pass } = await createSimulation({
    ...{ paces: [1, 0.97, 1.03], clients: 8, term: { termSeconds: 9, renewSeconds: 2 } },
    ...{ dhcpSubnet, subnet: () => subnet, random },
  });

  async function perform(it: Command): Promise<void> {
    const rack = 'rack' in it ? racks[it.rack] : undefined;
    if (it.do === 'wait') await pass(it.ms);
    else if (it.do === 'boot') clients.boot(it.client);
    else if (it.do === 'release') clients.release(it.client);
    else if (it.do === 'vanish') clients.vanish(it.client);
    else if (it.do === 'extend') clients.extend(it.client, it.all);
    else if (rack === undefined) return;
    else if (it.do === 'kill') rack.kill();
    else if (it.do === 'power') rack.losePower(it.share);
    else if (it.do === 'wipe' && !rack.running()) rack.disk.wipe();
    else if (it.do === 'start' && !rack.running()) void rack.start();
    else if (it.do === 'pause') rack.pause();
    else if (it.do === 'resume') rack.resume();
    else if (it.do === 'api') rack.api = it.way;
    else if (it.do === 'wall') rack.wallAhead = it.ahead;
    else if (it.do === 'disk') {
      rack.disk.before =
        it.state === 'Fails'
          ? () => {
              throw new Error('EIO: i/o error');
            }
          : it.state === 'Slow'
            ? () => new Promise<void>((resolve) => timers.after(random() * 12_000, resolve))
            : () => {};
    }
    await timers.advance(0);
  }

  for (const it of commands) await perform(it);
  for (const rack of racks) rack.kill();
  return { violations: clients.violations, acks: clients.acks() };
}

describe('slices of dynamic ranges', () => {
  it('never let two clients have one address, whatever fails', { timeout: 120_000 }, async () => {
    let acks = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(command, { minLength: 20, maxLength: 80, size: 'max' }),
        async (seed, commands) => {
          const result = await simulate(seed, commands);
          acks += result.acks;
          expect(result.violations).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
    expect(acks).toBeGreaterThan(100);
  });
});
