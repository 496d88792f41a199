import { describe, expect, it } from 'vitest';
import type { Allocation, AllocationStatus } from '../../api/allocation/schema.ts';
import { findCondition, readiness } from '../../api/conditions.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { names } from '../../api/meta.ts';
import { ago, aMachine, anAllocation, anImage, reference, testNow } from '../machine/testing/builders.ts';
import { decideAllocation } from './decide.ts';
import { schedule } from './scheduler.ts';
import { isNews } from './status.ts';

const bound: AllocationStatus = { phase: 'Bound', machine: 'm1', machineUid: 'machine-uid', boundAt: ago(9) };
const deployed: AllocationStatus = { ...bound, phase: 'Deployed', deployedAt: ago(5) };

function decide(status: AllocationStatus | undefined, machine?: MachineStatus | undefined, over = {}) {
  return decideAllocation(
    {
      allocation: anAllocation({}, over, status),
      machine: machine && aMachine(machine),
      image: anImage(),
    },
    testNow,
  );
}

const conditions = (state: 'Ready' | 'Reconciling' | 'Stalled', reason: string) =>
  readiness(state, reason, 'words').map((update) => ({ ...update, lastTransitionTime: ago(3) }));

describe('an Allocation', () => {
  it('gets its finalizer before anything else', () => {
    expect(decide(undefined, undefined, { finalizers: [] }).kind).toBe('Guard');
  });
  it('is Pending with Ready Unknown at first', () => {
    const decision = decide(undefined);
    expect(decision).toMatchObject({ kind: 'Write', status: { phase: 'Pending' } });
    if (decision.kind === 'Write')
      expect(findCondition(decision.status.conditions, 'Ready')?.status).toBe('Unknown');
  });
  it('is scheduled while it has no machine', () => {
    expect(decide({ phase: 'Pending' }).kind).toBe('Schedule');
  });
  it('goes on claiming what it chose before a crash', () => {
    expect(decide(bound, { phase: 'Ready' }).kind).toBe('Claim');
  });
  it.each<[string, MachineStatus | undefined]>([
    ['another holds it', { phase: 'Ready', allocation: { ...reference, uid: 'other' } }],
    ['it is gone', undefined],
    ['it is no longer Ready', { phase: 'Broken' }],
  ])('chooses anew when it chose a machine and %s', (_, machine) => {
    expect(decide(bound, machine).kind).toBe('ChooseAnew');
  });
  it('chooses anew when a new machine has the name of the one it chose', () => {
    expect(decide({ ...bound, machineUid: 'older' }, { phase: 'Ready' }).kind).toBe('ChooseAnew');
  });
  it('does not take another machine when it loses the one it is deployed on', () => {
    expect(decide(deployed, undefined)).toMatchObject({
      kind: 'Write',
      status: { phase: 'Failed', machine: 'm1' },
    });
  });
  it('takes back a machine that lost its status and was found by its annotation', () => {
    const annotations = { [names.allocation]: 'default/web/allocation-uid' };
    const of = (status: MachineStatus | undefined) =>
      decideAllocation(
        {
          allocation: anAllocation({}, {}, deployed),
          machine: aMachine(status, {}, { annotations }),
          image: anImage(),
        },
        testNow,
      ).kind;
    expect(of(undefined)).toBe('Write');
    expect(of({ phase: 'Deployed' })).toBe('Claim');
  });

  it.each<[NonNullable<MachineStatus['phase']>, 'Ready' | 'Reconciling' | 'Stalled', string, string]>([
    ['Ready', 'Ready', 'Bound', 'Reconciling'],
    ['Allocated', 'Reconciling', 'Bound', 'Reconciling'],
    ['Deploying', 'Reconciling', 'Deploying', 'Reconciling'],
    ['Deployed', 'Reconciling', 'Deployed', 'Reconciling'],
    ['Deployed', 'Ready', 'Deployed', 'Ready'],
    ['Deployed', 'Stalled', 'Deployed', 'Stalled'],
    ['DeploymentFailed', 'Stalled', 'Failed', 'Stalled'],
    ['Broken', 'Stalled', 'Failed', 'Stalled'],
  ])('of a machine that is %s and %s is %s and %s', (phase, machineIs, expected, is) => {
    const machine: MachineStatus = {
      phase,
      observedGeneration: 1,
      allocation: reference,
      conditions: conditions(machineIs, 'Why'),
    };
    const decision = decide(bound, machine);
    expect(decision).toMatchObject({ kind: 'Write', status: { phase: expected, machine: 'm1' } });
    if (decision.kind === 'Write') {
      expect(findCondition(decision.status.conditions, is)?.status).toBe('True');
      const written = anAllocation({}, {}, decision.status);
      expect(isNews(written, decision.status)).toBe(false);
    }
  });

  it.each<[string, NonNullable<MachineStatus['phase']>, 'True' | 'False', boolean, boolean]>([
    ['says how far its machine is', 'Deploying', 'False', true, false],
    ['says what is late at its machine, in Ready too', 'Deploying', 'True', true, true],
    ['says what is late before its machine boots', 'Allocated', 'True', true, true],
    ['says nothing of what its machine did before', 'Allocated', 'False', false, false],
  ])('%s', (_, phase, late, mirrored, inReady) => {
    const message = 'Late: the kernel is fetched.';
    const machine: MachineStatus = {
      phase,
      observedGeneration: 1,
      allocation: reference,
      conditions: [
        ...conditions('Reconciling', 'Booting'),
        { type: 'Late', status: late, reason: 'LateKernel', message, lastTransitionTime: ago(3) },
      ],
    };
    const decision = decide(bound, machine);
    if (decision.kind !== 'Write') throw new Error(decision.kind);
    const own = findCondition(decision.status.conditions, 'Late');
    expect(own?.message).toBe(mirrored ? message : undefined);
    expect(findCondition(decision.status.conditions, 'Ready')?.message.includes(message)).toBe(inReady);
  });

  const gone = { deletionTimestamp: ago(1) };
  it.each<[string, AllocationStatus | undefined, MachineStatus | undefined, string]>([
    ['has no machine', { phase: 'Pending' }, undefined, 'LetGo'],
    ['never claimed its machine', bound, { phase: 'Ready' }, 'LetGo'],
    ['has a machine that another holds', bound, { allocation: { ...reference, uid: 'x' } }, 'LetGo'],
    ['holds a machine that has not noticed', deployed, { phase: 'Deployed', allocation: reference }, 'Write'],
    [
      'holds a machine that has recorded what to do',
      deployed,
      {
        phase: 'Releasing',
        allocation: reference,
        release: { allocationUid: reference.uid, erase: 'Quick' },
      },
      'LetGo',
    ],
  ])('that is deleted and %s', (_, status, machine, kind) => {
    expect(decide(status, machine, gone).kind).toBe(kind);
  });
});

describe('the scheduler', () => {
  const free = (name: string, cores: number) => ({
    ...aMachine({
      phase: 'Ready',
      hardware: {
        cores,
        threads: 1,
        memoryMiB: 1024,
        nics: 1,
        disks: [{ name: 'sda', sizeBytes: 1e10, kind: 'SSD' }],
      },
    }),
    metadata: { name, uid: `${name}-uid` },
  });
  const waiting = (name: string, spec: Partial<Allocation['spec']> = {}, created = 60) =>
    anAllocation(spec, { name, uid: `${name}-uid`, creationTimestamp: ago(created) }, { phase: 'Pending' });
  const image = () => anImage();
  const chosenBy = (choices: ReturnType<typeof schedule>) =>
    choices.map((choice) => [
      choice.allocation.metadata.name,
      choice.kind === 'Machine' ? choice.machine.metadata.name : choice.reason,
    ]);

  it('serves higher priority first, then the older, and gives each machine once', () => {
    const all = [waiting('young'), waiting('old', {}, 90), waiting('urgent', { priority: 5 }, 10)];
    expect(chosenBy(schedule(all, [free('b', 4), free('a', 2)], image, new Map()))).toEqual([
      ['urgent', 'a'],
      ['old', 'b'],
      ['young', 'NoMachineFits'],
    ]);
  });
  it('does not give a machine that another has chosen and not yet claimed', () => {
    const [choice] = schedule([waiting('x')], [free('a', 2)], image, new Map([['a', 'default/other']]));
    expect(choice).toMatchObject({ kind: 'None', reason: 'NoMachineFits' });
    if (choice?.kind === 'None') expect(choice.message).toContain('default/other');
  });
  it('lets those through that fit, when one before them does not', () => {
    const picky = waiting('picky', { priority: 9, constraints: { cores: 64 } });
    const [first, second] = schedule([waiting('x'), picky], [free('a', 2)], image, new Map());
    expect(first).toMatchObject({ kind: 'None', unmatched: [{ removed: 1 }] });
    expect(second).toMatchObject({ kind: 'Machine' });
  });
  it.each([
    ['there is no such image', undefined, {}, 'ImageNotFound'],
    ['the image is not one of a disk', anImage({ purpose: 'Ephemeral' }), {}, 'ImageUnusable'],
    [
      'the image is for another architecture',
      anImage(),
      { constraints: { architecture: 'arm64' as const } },
      'ImageUnusable',
    ],
  ])('says so when %s', (_, found, spec, reason) => {
    const [choice] = schedule([waiting('x', spec)], [free('a', 2)], () => found, new Map());
    expect(choice).toMatchObject({ kind: 'None', reason });
  });
  it('finds the machine of an Allocation that lost its status', () => {
    const mine = {
      ...aMachine({ phase: 'Deployed' }, {}, { annotations: { [names.allocation]: 'default/x/x-uid' } }),
    };
    expect(chosenBy(schedule([waiting('x')], [free('a', 2), mine], image, new Map()))).toEqual([['x', 'm1']]);
  });
});
