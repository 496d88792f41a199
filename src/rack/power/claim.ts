import { effectiveBmc } from '../../api/bmc/effective.ts';
import { mostReaches, type PowerTry } from '../../api/machine/bmc-reach.ts';
import type { PowerRequest as MachineRequest, PowerResult } from '../../api/machine/power.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { nearestRack, placeOf } from './reach.ts';
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
      /** The racks that the BMC did not answer before. */
      tried: readonly PowerTry[];
    }
  /** Every rack that lives has tried, and whom it was handed to is gone: somebody has to say so. */
  | { kind: 'fail'; result: PowerResult };

type Execute = Extract<ClaimDecision, { kind: 'execute' }>;

/** How long the rack that knows the machine best has a request to itself, in milliseconds. */
export const headStartMs = 5_000;
/** How often the rack that carries a request out is looked after, in milliseconds. */
const lookAgainMs = 15_000;

/** What a rack knows when it decides. */
export interface ClaimView {
  rackName: string;
  /** Whether a rack of that name was heard lately. */
  isAlive(rack: string): boolean;
  /** All racks that were, this one among them. */
  liveRacks: readonly string[];
  /** How long this rack has seen the request, in milliseconds. */
  seenForMs: number;
}

/**
 * Whether this rack shall carry out the request: nobody has, or it began itself before a restart, or the rack that began is gone
 * or was not answered by the BMC.
 * Who is right when two racks decide at once is the API server's to say, by the machine's resource version.
 */
export function decideClaim(machine: Machine, view: ClaimView): ClaimDecision {
  const { request, result } = machine.status?.power ?? {};
  const driver = effectiveBmc(machine)?.driver;
  if (request === undefined || driver === undefined || driver === 'manual') return { kind: 'ignore' };
  const execute: Execute = {
    ...{ kind: 'execute', request: wantedOf(request) },
    ...{ resumeFrom: undefined, startedAt: undefined, tried: [] },
  };
  if (result?.id === request.id) return decideBegun(machine, result, execute, view);
  // A rack that is still at an earlier request of this machine has its hands on the BMC: it ends that first.
  if (result?.outcome === 'Running' && result.rack !== view.rackName && view.isAlive(result.rack))
    return { kind: 'later', afterMs: headStartMs };
  return inTurn(machine, view, execute);
}

function wantedOf({ id, action, mode, boot }: MachineRequest): PowerRequest {
  return {
    ...{ id, action },
    ...(mode === undefined ? {} : { mode }),
    ...(boot === undefined ? {} : { boot }),
  };
}

function decideBegun(
  machine: Machine,
  result: PowerResult,
  execute: Execute,
  view: ClaimView,
): ClaimDecision {
  const { rack, step, startedAt, tried = [] } = result;
  const goOn: Execute = { ...execute, resumeFrom: step, startedAt, tried };
  switch (result.outcome) {
    case 'Running':
      return rack !== view.rackName && view.isAlive(rack) ? { kind: 'later', afterMs: lookAgainMs } : goOn;
    case 'HandedOver': {
      const left = racksLeft(result, view.liveRacks);
      if (left.length === 0) return { kind: 'fail', result };
      return left.includes(view.rackName)
        ? inTurn(machine, view, goOn)
        : { kind: 'later', afterMs: lookAgainMs };
    }
    default:
      return { kind: 'ignore' };
  }
}

/** The racks that live and that the BMC has not failed to answer yet in this request. */
export function racksLeft({ tried = [] }: PowerResult, liveRacks: readonly string[]): string[] {
  if (tried.length >= mostReaches) return [];
  return liveRacks.filter((rack) => !tried.some((one) => one.rack === rack));
}

/** Racks that are better placed have a head start: one for each class between. */
function inTurn(machine: Machine, view: ClaimView, execute: Execute): ClaimDecision {
  const place = placeOf(machine, view.rackName);
  const known = [nearestRack(machine), ...(machine.status?.bmcReach ?? []).map(({ rack }) => rack)];
  const better = known.filter(
    (rack) =>
      rack !== undefined &&
      view.isAlive(rack) &&
      placeOf(machine, rack) < place &&
      !execute.tried.some((one) => one.rack === rack),
  );
  const classes = new Set(better.map((rack) => placeOf(machine, rack)));
  const wait = classes.size * headStartMs - view.seenForMs;
  return wait > 0 ? { kind: 'later', afterMs: wait } : execute;
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
  if (request === undefined) return false;
  return result?.id !== request.id || result.outcome === 'Running' || result.outcome === 'HandedOver';
}

/** The machine's account of a request that has just been claimed. */
export function claimOf(decision: Execute, rackName: string, now: number): PowerResult {
  const { request, resumeFrom, startedAt, tried } = decision;
  return {
    id: request.id,
    rack: rackName,
    outcome: 'Running',
    startedAt: startedAt ?? new Date(now).toISOString(),
    ...(resumeFrom === undefined ? {} : { step: resumeFrom }),
    ...(tried.length === 0 ? {} : { tried: [...tried] }),
  };
}
