import { isLocked } from '../../../api/machine/locked.ts';
import type { Verdict } from '../decision.ts';
import { type Observed, statusOf } from '../observed.ts';
import { ready, reconciling, stalled } from '../verdicts.ts';

/** Idle, until an Allocation claims it. */
export function readyMachine(observed: Observed): Verdict {
  const { allocation } = statusOf(observed);
  if (allocation !== undefined) {
    return {
      ...reconciling('Allocated', { patch: { phase: 'Allocated' } }),
      events: [
        {
          type: 'Normal',
          reason: 'Allocated',
          message: `Allocation ${allocation.namespace}/${allocation.name} holds the machine.`,
        },
      ],
    };
  }
  return isLocked(observed.machine) ? stalled('Locked') : ready('Ready');
}
