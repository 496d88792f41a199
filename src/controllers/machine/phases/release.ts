import type { OwnedStatus, Verdict } from '../decision.ts';
import { isHeld, type Observed, statusOf } from '../observed.ts';
import { reconciling, stalled, stopBoot } from '../verdicts.ts';
import { dropSeed } from './deploying.ts';

/** What is to be erased for an Allocation that goes; what never reached the disk need not be erased. */
function releaseOf(observed: Observed): NonNullable<OwnedStatus['release']> | undefined {
  const { allocation: reference, phase, step } = statusOf(observed);
  if (reference === undefined) return undefined;
  const { allocation } = observed;
  const untouched =
    phase === 'Allocated' || (phase === 'Deploying' && step !== 'Install' && step !== 'FirstBoot');
  const wished = allocation?.metadata.uid === reference.uid ? allocation.spec.erase : 'Quick';
  return { allocationUid: reference.uid, erase: untouched ? 'None' : wished };
}

/**
 * The way out of every phase in which an Allocation holds the machine. undefined: it goes on holding it.
 *
 * A machine that is broken stays so; it only lets the Allocation go.
 */
export function release(observed: Observed, now: number): Verdict | undefined {
  const { allocation: reference, phase, release: recorded } = statusOf(observed);
  if (reference === undefined || isHeld(observed) || recorded?.allocationUid === reference.uid)
    return undefined;
  const commands = [
    { kind: 'ConfirmReleased', allocation: reference } as const,
    ...(dropSeed(observed) ?? []),
  ];
  switch (phase) {
    case 'Allocated':
    case 'Deploying':
    case 'DeploymentFailed':
    case 'Deployed':
      // What a lock protects is the tenant's running system.
      if (phase === 'Deployed' && observed.machine.spec.locked) {
        const message =
          'Its Allocation is being deleted, but the machine is locked: set spec.locked to false.';
        return stalled('Locked', { message });
      }
      return {
        ...reconciling('Releasing', {
          patch: {
            ...stopBoot(observed, now),
            phase: 'Releasing',
            step: undefined,
            task: undefined,
            failure: undefined,
            phoneHomeTokenHash: undefined,
            release: releaseOf(observed),
          },
          commands,
        }),
        events: [
          {
            type: 'Normal',
            reason: 'Releasing',
            message: `Allocation ${reference.namespace}/${reference.name} goes.`,
          },
        ],
      };
    case 'Broken':
    case 'ReleaseFailed':
    case 'EraseFailed': {
      const { failure } = statusOf(observed);
      const message = failure?.message ?? 'The machine is out of use.';
      return {
        patch: { release: releaseOf(observed), phoneHomeTokenHash: undefined },
        state: 'Stalled',
        reason: failure?.reason ?? phase,
        message,
        commands,
      };
    }
    default:
      return undefined;
  }
}
