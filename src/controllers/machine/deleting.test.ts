import { describe, expect, it } from 'vitest';
import type { MachineSpec } from '../../api/machine/spec.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { ago, aMachine, anAction, anAllocation, reference, seen, testNow } from './testing/builders.ts';
import { defaultMachineTimings as timings } from './timings.ts';

/** A machine that was told a moment ago to go. */
function deleted(status: MachineStatus, spec: Partial<MachineSpec> = {}, secondsLater = 0): Decision {
  const machine = aMachine(status, spec, { deletionTimestamp: ago(0) });
  const held = status.allocation === undefined ? {} : { allocation: anAllocation() };
  const actions = [anAction('Commission')];
  return decide(seen(machine, { ...held, actions }), testNow + secondsLater * 1000, timings);
}

const boot = { generation: 3, target: 'EphemeralOS' } as const;
const rescued: MachineStatus = { phase: 'Rescue', phaseSince: ago(900), boot, returnTo: { phase: 'Ready' } };
const { status: leaving } = deleted(rescued);
const result = (outcome: 'Succeeded' | 'Failed'): MachineStatus => ({
  ...leaving,
  power: {
    ...leaving.power,
    result: { id: 'g3-off', rack: 'r', outcome, message: 'no answer', startedAt: ago(1), finishedAt: ago(1) },
  },
});

describe('a machine that is deleted', () => {
  it.each<[string, MachineStatus, Partial<MachineSpec>]>([
    ['is idle', { phase: 'Ready', boot: { generation: 3, target: 'Disk' } }, {}],
    ['has no phase', {}, {}],
    ['has no BMC', { ...rescued }, { bmc: undefined }],
    ['failed long ago', { phase: 'EraseFailed', boot: { generation: 3, target: 'Disk' } }, {}],
  ])('goes at once when it %s, and takes up no action', (_, status, spec) => {
    const { meta, events, commands } = deleted(status, spec);
    expect(meta.finalizer).toBe(false);
    expect([events, commands]).toEqual([[], []]);
  });

  it('is switched off first when it runs the ephemeral OS', () => {
    expect(leaving).toMatchObject({
      step: 'Deleting',
      boot: { target: 'Disk' },
      power: { request: { id: 'g3-off', action: 'Off' } },
    });
    expect(leaving.conditions?.find(({ type }) => type === 'Deleting')).toMatchObject({ status: 'True' });
    expect(deleted(leaving).meta.finalizer).toBe(true);
    const { meta, events } = deleted(result('Succeeded'));
    expect(meta.finalizer).toBe(false);
    expect(events).toEqual([]);
  });

  it('goes when its BMC fails, and says that it may be on', () => {
    const { meta, events } = deleted(result('Failed'));
    expect(meta.finalizer).toBe(false);
    expect(events[0]).toMatchObject({ type: 'Warning', reason: 'DeletionGaveUp' });
    expect(events[0]?.message).toContain('no answer');
  });

  it('goes when nobody switches it in time, and says so', () => {
    const before = deleted(leaving, {}, 299);
    expect(before.meta.finalizer).toBe(true);
    expect(before.requeueAfterMs).toBeLessThanOrEqual(2000);
    const { meta, events } = deleted(leaving, {}, 301);
    expect(meta.finalizer).toBe(false);
    expect(events[0]?.reason).toBe('DeletionGaveUp');
  });

  it('goes even when the operator was away all that time', () => {
    const { meta, events } = deleted(rescued, {}, 4000);
    expect(meta.finalizer).toBe(false);
    expect(events[0]?.reason).toBe('DeletionGaveUp');
  });

  it('waits while an Allocation holds it, and names that', () => {
    const { meta, status } = deleted({ phase: 'Deployed', allocation: reference, phaseSince: ago(9) });
    expect(meta.finalizer).toBe(true);
    expect(status.conditions?.find(({ type }) => type === 'Deleting')).toMatchObject({
      status: 'False',
      reason: 'Held',
      message: expect.stringContaining('default/web'),
    });
  });
});
