import { names } from '../../../api/meta.ts';
import { failureMessage } from '../../../domain/lifecycle/failures.ts';
import type { Verdict } from '../decision.ts';
import { adopter, annotatedReference, formatReference, type Observed } from '../observed.ts';
import { ready, reconciling } from '../verdicts.ts';

/**
 * A machine without a status: new, or one whose status was lost with a restore. One that an Allocation holds is taken
 * back as it is: never commissioned, never switched.
 */
export function noPhase(observed: Observed): Verdict {
  const { machine, hardware } = observed;
  if (adopter(observed) !== undefined) return adopt();
  const reference = annotatedReference(machine);
  if (reference !== undefined) {
    const seen = `${formatReference(reference)} is not there`;
    const message = failureMessage(
      'Taking the machine back after its status was lost',
      'AllocationLost',
      seen,
    );
    return {
      patch: { phase: 'Broken', failure: { reason: 'AllocationLost', message } },
      state: 'Stalled',
      reason: 'AllocationLost',
      message,
      events: [{ type: 'Warning', reason: 'AllocationLost', message }],
    };
  }
  const enlists = machine.metadata.labels?.[names.enlistedBy] !== undefined && hardware === undefined;
  return reconciling('Enlisting', {
    patch: { phase: enlists ? 'Enlisting' : 'New' },
    ...(enlists ? {} : { message: 'The machine is known now.' }),
  });
}

/** Deployed again, as it was. */
export function adopt(): Verdict {
  return ready('Adopted', {
    patch: { phase: 'Deployed', failure: undefined, step: undefined, returnTo: undefined },
  });
}
