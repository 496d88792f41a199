import { findCondition } from '../../../api/conditions.ts';
import type { MachineStatus } from '../../../api/machine/status.ts';
import { decide } from '../decide.ts';
import type { Decision } from '../decision.ts';
import type { Observed } from '../observed.ts';
import { defaultMachineTimings } from '../timings.ts';
import { ago, testNow } from './builders.ts';

/** The decision, so many seconds after {@link testNow}. */
export function decideAt(observed: Observed, secondsLater = 0): Decision {
  return decide(observed, testNow + secondsLater * 1000, defaultMachineTimings);
}

/** `Ready`, `Reconciling` or `Stalled`, whichever is True, and the reason. */
export function readyOf({ status }: Decision): string {
  const ready = findCondition(status.conditions, 'Ready');
  const on = (type: string): string =>
    findCondition(status.conditions, type)?.status === 'True' ? type : '';
  return `${on('Ready')}${on('Reconciling')}${on('Stalled')} ${ready?.reason}`;
}

/** Booted into the ephemeral OS a minute ago, in generation 3. */
export const booted = {
  boot: { generation: 3, target: 'EphemeralOS' },
  power: {
    request: { id: 'g3-boot', action: 'Cycle', boot: 'Network', requestedAt: ago(60) },
    result: {
      id: 'g3-boot',
      rack: 'r1',
      outcome: 'Succeeded',
      startedAt: ago(59),
      finishedAt: ago(50),
    },
  },
} as const satisfies MachineStatus;

/** What the agent said last, and so many seconds ago. */
export const said = (outcome: 'Running' | 'Succeeded' | 'Failed', id = 'g3-inventory', secondsAgo = 10) => ({
  taskResult: { id, outcome, step: 'disks', updatedAt: ago(secondsAgo) },
});
