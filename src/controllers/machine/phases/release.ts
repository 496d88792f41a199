import { isLocked } from '../../../api/machine/locked.ts';
import { isAway } from '../../../domain/lifecycle/phases.ts';
import type { OwnedStatus, Verdict } from '../decision.ts';
import { isHeld, type Observed, statusOf } from '../observed.ts';
import { homeOf } from '../return.ts';
import { reconciling, stalled, standsAs, stopBoot } from '../verdicts.ts';
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
  const home = homeOf(observed);
  switch (home) {
    case 'Allocated':
    case 'Deploying':
    case 'DeploymentFailed':
    case 'Deployed':
      // What a lock protects is the tenant's running system.
      if (home === 'Deployed' && isLocked(observed.machine)) {
        // Under way to it or away from it, the wait has to end first.
        if (phase !== 'Deployed') return undefined;
        const message =
          'Its Allocation is being deleted, but the machine is locked: set spec.locked to false, or order Unlock.';
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
            returnTo: undefined,
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
      const patch = { release: releaseOf(observed), phoneHomeTokenHash: undefined };
      // Tested or rescued at this moment: it goes back to being out of use.
      if (isAway(phase)) return { ...standsAs(observed), patch, commands };
      const { failure } = statusOf(observed);
      const message = failure?.message ?? 'The machine is out of use.';
      return {
        patch,
        state: 'Stalled',
        reason: failure?.reason ?? home,
        message,
        commands,
      };
    }
    default:
      return undefined;
  }
}
