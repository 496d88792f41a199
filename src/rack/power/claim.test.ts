import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { type ClaimDecision, claimOf, decideClaim, headStartMs, isPowering, stillOurs } from './claim.ts';
import { nearestRack } from './reach.ts';

type Result = NonNullable<NonNullable<MachineStatus['power']>['result']>;

const at = '2026-01-01T00:00:00Z';
const request = { id: 'r2', action: 'Cycle' as const, boot: 'Network' as const, requestedAt: at };
const wanted = { id: 'r2', action: 'Cycle', boot: 'Network' };
const bmc = { driver: 'redfish' as const, address: 'https://192.0.2.1', credentialsSecret: 'bmc' };

function result(part: Partial<Result> = {}): Result {
  return { id: 'r2', rack: 'me', outcome: 'Running', step: 'BootDevice', startedAt: at, ...part };
}

function machine(power: MachineStatus['power'], part: { driver?: 'manual'; seenBy?: string } = {}): Machine {
  const { driver, seenBy } = part;
  const bootProgress = { generation: 1, stage: 'Dhcp' as const, at, rack: seenBy ?? '' };
  return aMachine({
    spec: { bmc: driver === undefined ? bmc : { driver } },
    status: { power, ...(seenBy === undefined ? {} : { bootProgress }) },
  });
}

const fresh: ClaimDecision = {
  kind: 'execute',
  request: { ...wanted, action: 'Cycle', boot: 'Network' },
  resumeFrom: undefined,
  startedAt: undefined,
  tried: [],
};
const resumed: ClaimDecision = { ...fresh, resumeFrom: 'BootDevice', startedAt: at };

describe('whether a rack carries a power request out', () => {
  it.each<[string, Machine, ClaimDecision]>([
    ['a new one is taken', machine({ request }), fresh],
    ['a machine without a request is left alone', machine({}), { kind: 'ignore' }],
    [
      'a machine that a person powers is left alone',
      machine({ request }, { driver: 'manual' }),
      { kind: 'ignore' },
    ],
    [
      'one that succeeded is done',
      machine({ request, result: result({ outcome: 'Succeeded' }) }),
      { kind: 'ignore' },
    ],
    [
      'one that failed is done',
      machine({ request, result: result({ outcome: 'Failed' }) }),
      { kind: 'ignore' },
    ],
    ['its own goes on after a restart, where it was', machine({ request, result: result() }), resumed],
    [
      "another's is left to it while it lives",
      machine({ request, result: result({ rack: 'alive' }) }),
      { kind: 'later', afterMs: 15_000 },
    ],
    [
      "another's is taken over when it is gone",
      machine({ request, result: result({ rack: 'gone' }) }),
      resumed,
    ],
    [
      'one that another began while the machine had an earlier one waits for it',
      machine({ request, result: result({ id: 'r1', rack: 'alive' }) }),
      { kind: 'later', afterMs: headStartMs },
    ],
    [
      'a new one is taken after its own earlier one, which is left',
      machine({ request, result: result({ id: 'r1' }) }),
      fresh,
    ],
    [
      'a new one is taken when who had the earlier one is gone',
      machine({ request, result: result({ id: 'r1', rack: 'gone' }) }),
      fresh,
    ],
    [
      'the rack that saw the machine boot goes first',
      machine({ request }, { seenBy: 'alive' }),
      { kind: 'later', afterMs: headStartMs - 1_000 },
    ],
    ['unless that is this one', machine({ request }, { seenBy: 'me' }), fresh],
    ['unless it is gone', machine({ request }, { seenBy: 'gone' }), fresh],
  ])('%s', (_sentence, observed, expected) => {
    const view = {
      rackName: 'me',
      isAlive: (rack: string) => rack === 'alive' || rack === 'me',
      liveRacks: ['alive', 'me'],
      seenForMs: 1_000,
    };
    expect(decideClaim(observed, view)).toEqual(expected);
  });

  it('takes what the nearest rack has not taken in time', () => {
    const view = { rackName: 'me', isAlive: () => true, liveRacks: ['me', 'other'], seenForMs: headStartMs };
    expect(decideClaim(machine({ request }, { seenBy: 'other' }), view)).toEqual(fresh);
  });

  it('begins a request once: of any number of racks that look at one state, only one that is alive goes on with it', () => {
    const racks = ['a', 'b', 'c'];
    fc.assert(
      fc.property(fc.constantFrom(...racks), fc.subarray(racks), (holder, alive) => {
        const observed = machine({ request, result: result({ rack: holder }) });
        const takers = alive.filter((rackName) => {
          const isAlive = (rack: string) => alive.includes(rack);
          const view = { rackName, isAlive, liveRacks: alive, seenForMs: 60_000 };
          return decideClaim(observed, view).kind === 'execute';
        });
        if (alive.includes(holder)) expect(takers).toEqual([holder]);
        else expect(takers).toEqual(alive);
      }),
    );
  });
});

describe('a claim', () => {
  it('keeps the time and the step of a request that goes on', () => {
    if (resumed.kind !== 'execute' || fresh.kind !== 'execute') throw new Error('not reached');
    expect(claimOf(resumed, 'me', Date.parse('2026-02-02T00:00:00Z'))).toEqual(result());
    expect(claimOf(fresh, 'me', Date.parse(at))).toEqual({
      id: 'r2',
      rack: 'me',
      outcome: 'Running',
      startedAt: '2026-01-01T00:00:00.000Z',
    });
  });

  it.each<[string, Machine | undefined, boolean]>([
    ['is ours while it runs', machine({ request, result: result() }), true],
    ['is lost with the machine', undefined, false],
    ['is lost to another rack', machine({ request, result: result({ rack: 'other' }) }), false],
    ['is lost to a newer request', machine({ request: { ...request, id: 'r3' }, result: result() }), false],
    ['is lost when the request is withdrawn', machine({ result: result() }), false],
    ['is over when it has ended', machine({ request, result: result({ outcome: 'Failed' }) }), false],
  ])('%s', (_sentence, observed, expected) => {
    expect(stillOurs(observed, 'r2', 'me')).toBe(expected);
  });
});

describe('whether a machine is being powered', () => {
  it.each<[string, MachineStatus['power'], boolean]>([
    ['not without a request', {}, false],
    ['from the request on', { request }, true],
    ['while it runs', { request, result: result() }, true],
    ['not after its end', { request, result: result({ outcome: 'Succeeded' }) }, false],
    ['again with the next request', { request, result: result({ id: 'r1', outcome: 'Succeeded' }) }, true],
    ['not when the request was withdrawn', { result: result() }, false],
  ])('%s', (_sentence, power, expected) => {
    expect(isPowering(machine(power))).toBe(expected);
  });
});

describe('the rack that is nearest to a machine', () => {
  const labels = { 'metalwright.dev/enlisted-by': 'enlister' };
  it.each<[string, Machine, string | undefined]>([
    [
      'reached its BMC last',
      machine({ result: result({ rack: 'r', outcome: 'Succeeded' }) }, { seenBy: 's' }),
      'r',
    ],
    [
      'or saw it boot, where it did not reach it',
      machine({ result: result({ rack: 'r', outcome: 'Failed' }) }, { seenBy: 's' }),
      's',
    ],
    ['or enlisted it', aMachine({ metadata: { labels } }), 'enlister'],
    ['or is unknown', aMachine(), undefined],
  ])('%s', (_sentence, observed, expected) => {
    expect(nearestRack(observed)).toBe(expected);
  });
});
