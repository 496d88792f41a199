import type { Verdict } from '../decision.ts';
import { adopter, type Observed, statusOf } from '../observed.ts';
import { failedAlready } from '../verdicts.ts';
import { adopt } from './no-phase.ts';

/** Waits for a person; a failed machine never goes back to the pool by itself. */
export function failed(observed: Observed): Verdict {
  const { failure } = statusOf(observed);
  if (failure?.reason === 'AllocationLost' && adopter(observed) !== undefined) return adopt();
  return failedAlready(observed);
}
