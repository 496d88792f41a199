import { expect, it } from 'vitest';
import type { AnyAction } from '../../../../src/api/machine-action/schema.ts';
import { happeningsOf } from './happenings.ts';

const action: AnyAction = {
  ...{ apiVersion: 'metalwright.dev/v1alpha1', kind: 'MachineAction' },
  metadata: { name: 'a1', creationTimestamp: '2026-01-01T10:00:30Z' },
  spec: { machine: 'm1', action: 'Commission', message: 'after a new disk' },
  status: { phase: 'Failed', message: 'the BMC is away' },
};

it('tells orders, steps of the boot and the phase, the latest first', () => {
  const status = {
    phase: 'CommissioningFailed' as const,
    phaseSince: '2026-01-01T10:02:00Z',
    failure: { reason: 'BmcUnreachable' as const, message: 'm1: no answer' },
    timeline: {
      ...{ generation: 1, work: 'Inventory' },
      // Fractions of a second, as racks write them, sort by time and not by text.
      steps: [
        { step: 'PoweredOn', at: '2026-01-01T10:01:00.500Z', durationSeconds: 0 },
        { step: 'TaskStarted', at: '2026-01-01T10:01:00Z', durationSeconds: 1, detail: 'task-1' },
      ],
    },
  };
  expect(happeningsOf({ status }, [action])).toMatchObject([
    { kind: 'Phase', what: 'Now Commissioning failed', tone: 'bad', said: 'm1: no answer' },
    { kind: 'Boot', what: 'Powered on' },
    { kind: 'Boot', what: 'Started', said: 'task-1' },
    { kind: 'Order', what: 'Commission', outcome: 'Failed', said: 'the BMC is away · after a new disk' },
  ]);
});

it('tells nothing of a machine that nothing is known of', () => expect(happeningsOf({}, [])).toEqual([]));
