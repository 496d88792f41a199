import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { BmcReach } from '../../api/machine/bmc-reach.ts';
import type { PowerResult } from '../../api/machine/power.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { createMemoryClient } from '../../kube/memory-client.ts';
import { claimOf, decideClaim, headStartMs } from './claim.ts';
import { powerErrors } from './errors.ts';
import { endOf, exhausted } from './handover.ts';
import { pollingRack, storeReach } from './reach.ts';

const at = '2026-01-01T00:00:00Z';
const bmc = { driver: 'redfish' as const, address: 'https://192.0.2.1', credentialsSecret: 'bmc' };
const request = { id: 'r1', action: 'On' as const, requestedAt: at };
const handed: PowerResult = {
  ...{ id: 'r1', rack: 'a', outcome: 'HandedOver', step: 'On', startedAt: at },
  tried: [{ rack: 'a', message: 'no answer' }],
};

function machine(reach: Record<string, boolean>, result?: PowerResult, seenBy?: string): Machine {
  const bmcReach: BmcReach = Object.entries(reach).map(([rack, reaches]) => ({ rack, reaches, since: at }));
  const bootProgress = { generation: 1, stage: 'Dhcp' as const, at, rack: seenBy ?? '' };
  return aMachine({
    name: 'm1',
    spec: { bmc },
    status: {
      bmcReach,
      power: { request, ...(result === undefined ? {} : { result }) },
      ...(seenBy === undefined ? {} : { bootProgress }),
    },
  });
}

function decided(observed: Machine, rackName: string, live: string[], seenForMs = 0): string {
  const isAlive = (rack: string): boolean => live.includes(rack);
  const decision = decideClaim(observed, { rackName, isAlive, liveRacks: live, seenForMs });
  return decision.kind === 'later' ? `later ${decision.afterMs / headStartMs}` : decision.kind;
}

describe('a request whose BMC one rack does not reach', () => {
  it.each<[string, Machine, string, string[], string]>([
    ['is left to one that reaches it', machine({ a: false, b: true }), 'a', ['a', 'b'], 'later 1'],
    ['is taken at once by one that reaches it', machine({ a: false, b: true }), 'b', ['a', 'b'], 'execute'],
    ['waits for no rack that is gone', machine({ a: false, b: true }), 'a', ['a'], 'execute'],
    [
      'goes to the nearest only if that reaches it',
      machine({ a: false }, undefined, 'a'),
      'b',
      ['a', 'b'],
      'execute',
    ],
    [
      'waits one head start for each better class',
      machine({ a: false, b: true }, undefined, 'c'),
      'a',
      ['a', 'b', 'c'],
      'later 2',
    ],
    ['is not taken again by who handed it over', machine({}, handed), 'a', ['a', 'b'], 'later 3'],
    ['is taken by one that has not tried', machine({}, handed), 'b', ['a', 'b'], 'execute'],
    [
      'goes first to one that is known to reach it',
      machine({ c: true }, handed),
      'b',
      ['a', 'b', 'c'],
      'later 1',
    ],
    ['fails when every rack that lives has tried', machine({}, handed), 'a', ['a'], 'fail'],
    [
      'may be said to have failed by a rack that came late',
      machine(
        {},
        {
          ...handed,
          tried: [
            { rack: 'a', message: '' },
            { rack: 'b', message: '' },
          ],
        },
      ),
      'b',
      ['b'],
      'fail',
    ],
  ])('%s', (_sentence, observed, rack, live, expected) => {
    expect(decided(observed, rack, live)).toBe(expected);
  });

  it('goes on where the other was, with the same id', () => {
    const isAlive = (): boolean => true;
    const decision = decideClaim(machine({}, handed), {
      ...{ rackName: 'b', isAlive, liveRacks: ['a', 'b'], seenForMs: 0 },
    });
    if (decision.kind !== 'execute') throw new Error('not reached');
    expect(claimOf(decision, 'b', 0)).toEqual({ ...handed, rack: 'b', outcome: 'Running' });
  });
});

describe('several racks, some of which die', () => {
  const racks = ['a', 'b', 'c', 'd'];
  const rack = fc.constantFrom(...racks);
  const happenings = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('look' as const), rack }) },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('act' as const), rack }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('end' as const), rack, answers: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), rack }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('rise' as const), rack }) },
    ),
    { maxLength: 80 },
  );

  it('never carry a request out two at a time, nor twice the same, and always bring it to an end', () => {
    fc.assert(
      fc.property(happenings, fc.subarray(racks), (story, reaching) => {
        let version = 0;
        let now: PowerResult | undefined;
        const alive = new Set(racks);
        const executing = new Map<string, PowerResult>();
        const seen = new Map(racks.map((name) => [name, { version, result: now }]));
        const reach = Object.fromEntries(reaching.map((name) => [name, true]));
        const write = (by: string, result: PowerResult): boolean => {
          if (seen.get(by)?.version !== version) return false;
          now = result;
          version++;
          return true;
        };
        const look = (by: string): void => void seen.set(by, { version, result: now });
        const act = (by: string): void => {
          if (!alive.has(by) || executing.has(by)) return;
          const observed = machine(reach, seen.get(by)?.result);
          const isAlive = (name: string): boolean => alive.has(name);
          const decision = decideClaim(observed, {
            ...{ rackName: by, isAlive, liveRacks: [...alive], seenForMs: 60_000 },
          });
          if (decision.kind === 'fail') write(by, exhausted(decision.result, 0));
          if (decision.kind !== 'execute') return;
          const claim = claimOf(decision, by, 0);
          if (write(by, claim)) executing.set(by, claim);
        };
        const end = (by: string, answers: boolean): void => {
          const claim = executing.get(by);
          if (claim === undefined) return;
          executing.delete(by);
          look(by);
          const left = [...alive].filter((one) => one !== by && !claim.tried?.some((t) => t.rack === one));
          const outcome = answers
            ? ({ outcome: 'Succeeded', state: 'On', message: 'on' } as const)
            : ({
                outcome: 'Failed',
                state: 'Unknown',
                reason: 'BmcUnreachable',
                message: powerErrors.BmcUnreachable,
              } as const);
          write(by, endOf(claim, outcome, left.length > 0, 0));
        };
        for (const happening of story) {
          const { rack: by } = happening;
          if (happening.kind === 'look') look(by);
          if (happening.kind === 'act') act(by);
          if (happening.kind === 'end') end(by, happening.answers);
          if (happening.kind === 'rise') alive.add(by);
          if (happening.kind === 'die' && alive.size > 1) {
            alive.delete(by);
            executing.delete(by);
          }
          expect(executing.size).toBeLessThanOrEqual(1);
          const tried = now?.tried?.map((one) => one.rack) ?? [];
          expect(new Set(tried).size).toBe(tried.length);
          expect(now?.id ?? 'r1').toBe('r1');
        }
        for (let round = 0; round < 2 * racks.length; round++) {
          for (const by of alive) {
            look(by);
            act(by);
            end(by, reach[by] === true);
            expect(executing.size).toBeLessThanOrEqual(1);
          }
        }
        expect(['Succeeded', 'Failed']).toContain(now?.outcome);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the rack that looks at the power state', () => {
  it.each<[string, Machine, string[], string]>([
    ['is the nearest', machine({ a: true, b: true }, undefined, 'b'), ['a', 'b'], 'b'],
    [
      'is one that reaches the BMC, when the nearest does not',
      machine({ a: true, b: false }, undefined, 'b'),
      ['a', 'b'],
      'a',
    ],
    ['is one that has not tried, when none reaches it so far', machine({ a: false }), ['a', 'b', 'c'], 'b'],
    ['is another when that one is gone', machine({ a: true }), ['b', 'c'], 'b'],
  ])('%s', (_sentence, observed, live, expected) => {
    expect(pollingRack(observed, live, 0)).toBe(expected);
  });

  it('changes every five minutes where none reaches the BMC', () => {
    const observed = machine({ a: false, b: false });
    const looking = [0, 5, 10, 15].map((minutes) => pollingRack(observed, ['b', 'a'], minutes * 60_000));
    expect(looking).toEqual(['a', 'b', 'a', 'b']);
  });
});

describe('what racks know of their ways to BMCs', () => {
  const clock = { now: () => Date.parse(at) };
  async function setting() {
    const client = createMemoryClient();
    await client.create(machineKind, aMachine({ name: 'm1', spec: { bmc } }));
    let writes = 0;
    const counted = client.connect({ before: () => void writes++ });
    const known = async () => (await client.get(machineKind, 'm1'))?.status?.bmcReach ?? [];
    const say = async (rackName: string, reaches: boolean, alive: (rack: string) => boolean = () => true) => {
      const found = await client.get(machineKind, 'm1');
      if (found === undefined) throw new Error('there is no machine');
      await storeReach(found, reaches, { client: counted, rackName, isAlive: alive, clock });
    };
    return { known, say, writes: () => writes };
  }

  it('is written by each rack for itself, and only when it differs', async () => {
    const { known, say, writes } = await setting();
    await say('a', true);
    await say('b', false);
    await say('a', true);
    expect(writes()).toBe(2);
    await say('b', true);
    expect((await known()).map(({ rack, reaches }) => [rack, reaches])).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  it('is bounded: a rack that is gone makes room, one that lives does not', async () => {
    const { known, say } = await setting();
    for (let i = 0; i < 16; i++) await say(`rack-${i}`, true);
    await say('late', true);
    expect((await known()).map(({ rack }) => rack)).not.toContain('late');
    await say('late', true, (rack) => rack !== 'rack-3');
    const racks = (await known()).map(({ rack }) => rack);
    expect(racks).toHaveLength(16);
    expect(racks).toContain('late');
    expect(racks).not.toContain('rack-3');
  });
});
