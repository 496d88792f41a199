import type { Machine, PowerResult } from '../../api/machine/schema.ts';
import { names } from '../../api/meta.ts';
import type { PowerRequest, PowerStep } from './steps.ts';

/** What a rack does about a machine's power request. */
export type ClaimDecision =
  | { kind: 'ignore' }
  /** Another rack has it, or is to have it first: look again. */
  | { kind: 'later'; afterMs: number }
  | {
      kind: 'execute';
      request: PowerRequest;
      resumeFrom: PowerStep | undefined;
      /** RFC 3339; of a request that was begun before. */
      startedAt: string | undefined;
    };

/** How long the rack that knows the machine best has a request to itself, in milliseconds. */
export const headStartMs = 5_000;
/** How often the rack that carries a request out is looked after, in milliseconds. */
const lookAgainMs = 15_000;

/** What a rack knows when it decides. */
export interface ClaimView {
  rackName: string;
  /** Whether a rack of that name was heard lately. */
  isAlive(rack: string): boolean;
  /** How long this rack has seen the request, in milliseconds. */
  seenForMs: number;
}

/** The rack that is nearest to the machine, as far as is known: it reached its BMC last, saw it boot, or enlisted it. */
export function nearestRack({ metadata, status }: Machine): string | undefined {
  const { result } = status?.power ?? {};
  const reached = result?.outcome === 'Succeeded' ? result.rack : undefined;
  return reached ?? status?.bootProgress?.rack ?? metadata.labels?.[names.enlistedBy];
}

/**
 * Whether this rack shall carry out the request: nobody has, or it began itself before a restart, or the rack that began is gone.
 * Who is right when two racks decide at once is the API server's to say, by the machine's resource version.
 */
export function decideClaim(machine: Machine, view: ClaimView): ClaimDecision {
  const { request, result } = machine.status?.power ?? {};
  const driver = machine.spec.bmc?.driver;
  if (request === undefined || driver === undefined || driver === 'manual') return { kind: 'ignore' };
  const { id, action, boot } = request;
  const wanted: PowerRequest = { id, action, ...(boot === undefined ? {} : { boot }) };
  if (result?.id === id) {
    if (result.outcome !== 'Running') return { kind: 'ignore' };
    if (result.rack !== view.rackName && view.isAlive(result.rack))
      return { kind: 'later', afterMs: lookAgainMs };
    return { kind: 'execute', request: wanted, resumeFrom: result.step, startedAt: result.startedAt };
  }
  // A rack that is still at an earlier request of this machine has its hands on the BMC: it ends that first.
  if (result?.outcome === 'Running' && result.rack !== view.rackName && view.isAlive(result.rack))
    return { kind: 'later', afterMs: headStartMs };
  const nearest = nearestRack(machine);
  const wait = headStartMs - view.seenForMs;
  if (wait > 0 && nearest !== undefined && nearest !== view.rackName && view.isAlive(nearest))
    return { kind: 'later', afterMs: wait };
  return { kind: 'execute', request: wanted, resumeFrom: undefined, startedAt: undefined };
}

/** True while the claim on the request is this rack's, and the request is still the machine's. */
export function stillOurs(machine: Machine | undefined, requestId: string, rackName: string): boolean {
  const { request, result } = machine?.status?.power ?? {};
  return (
    request?.id === requestId &&
    result?.id === requestId &&
    result.rack === rackName &&
    result.outcome === 'Running'
  );
}

/** Whether a machine's request is carried out by somebody just now, or waits for that. */
export function isPowering({ status }: Machine): boolean {
  const { request, result } = status?.power ?? {};
  return request !== undefined && (result?.id !== request.id || result.outcome === 'Running');
}

/** The machine's account of a request that has just been claimed. */
export function claimOf(
  decision: Extract<ClaimDecision, { kind: 'execute' }>,
  rackName: string,
  now: number,
): PowerResult {
  const { request, resumeFrom, startedAt } = decision;
  return {
    id: request.id,
    rack: rackName,
    outcome: 'Running',
    startedAt: startedAt ?? new Date(now).toISOString(),
    ...(resumeFrom === undefined ? {} : { step: resumeFrom }),
  };
}
