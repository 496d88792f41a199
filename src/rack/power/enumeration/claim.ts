import type { Chassis } from '../../../api/chassis/schema.ts';

/** What a rack does about a chassis's order to list its nodes. */
export type EnumerationClaim =
  | { kind: 'ignore' }
  /** Another rack has it, or is to have it first: look again. */
  | { kind: 'later'; afterMs: number }
  | { kind: 'claim'; id: string };

/** How long the rack that did it last has an order to itself, in milliseconds. */
export const enumerationHeadStartMs = 5_000;
/** How often the rack that lists is looked after, in milliseconds. */
const lookAgainMs = 15_000;

/** What a rack knows when it decides. */
export interface EnumerationView {
  rackName: string;
  isAlive(rack: string): boolean;
  /** How long this rack has seen the order, in milliseconds. */
  seenForMs: number;
}

/**
 * Whether this rack shall list the nodes: nobody has, or it began itself before a restart, or the rack that began is gone. Who is
 * right when two racks decide at once is the API server's to say, by the resource version.
 */
export function decideEnumeration({ spec, status }: Chassis, view: EnumerationView): EnumerationClaim {
  const { request, result } = status ?? {};
  if (request === undefined || (spec.rack !== undefined && spec.rack !== view.rackName))
    return { kind: 'ignore' };
  const isOthers = result !== undefined && result.rack !== view.rackName && view.isAlive(result.rack);
  if (result?.id === request.id) {
    if (result.outcome !== 'Running') return { kind: 'ignore' };
    return isOthers ? { kind: 'later', afterMs: lookAgainMs } : { kind: 'claim', id: request.id };
  }
  const wait = enumerationHeadStartMs - view.seenForMs;
  const isNearer = isOthers && result.outcome === 'Succeeded' && spec.rack === undefined;
  if (isNearer && wait > 0) return { kind: 'later', afterMs: wait };
  return { kind: 'claim', id: request.id };
}

/** True while the order is the chassis's, and this rack has it. */
export function isStillOurs(chassis: Chassis | undefined, id: string, rackName: string): boolean {
  const { request, result } = chassis?.status ?? {};
  return request?.id === id && result?.id === id && result.rack === rackName && result.outcome === 'Running';
}
