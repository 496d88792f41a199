import type { Machine, PowerResult } from '../../api/machine/schema.ts';
import type { PowerRequest, PowerStep } from './steps.ts';

/** What a rack does about a machine's power request. */
export type ClaimDecision =
  | { kind: 'ignore' }
  | { kind: 'execute'; request: PowerRequest; resumeFrom: PowerStep | undefined };

/**
 * Whether this rack shall carry out the request: nobody has, or it began itself before a restart, or the rack that began is gone.
 *
 * @param isAlive whether a rack of that name was heard lately
 */
export function decideClaim(
  machine: Machine,
  rackName: string,
  isAlive: (rack: string) => boolean,
): ClaimDecision {
  const request = machine.status?.power?.request;
  const driver = machine.spec.bmc?.driver;
  if (request === undefined || driver === undefined || driver === 'manual') return { kind: 'ignore' };
  const result = machine.status?.power?.result;
  const wanted: PowerRequest = {
    id: request.id,
    action: request.action,
    ...(request.boot === undefined ? {} : { boot: request.boot }),
  };
  if (result === undefined || result.id !== request.id) {
    return { kind: 'execute', request: wanted, resumeFrom: undefined };
  }
  if (result.outcome !== 'Running') return { kind: 'ignore' };
  if (result.rack !== rackName && isAlive(result.rack)) return { kind: 'ignore' };
  return { kind: 'execute', request: wanted, resumeFrom: result.step };
}

/** True while the claim on the request is this rack's: another one may have taken it over. */
export function stillOurs(result: PowerResult | undefined, requestId: string, rackName: string): boolean {
  return result?.id === requestId && result.rack === rackName && result.outcome === 'Running';
}
