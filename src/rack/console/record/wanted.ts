import type { Machine } from '../../../api/machine/schema.ts';
import { bootingPhases } from '../../../domain/lifecycle/actions.ts';
import { nearestRack } from '../../power/reach.ts';

/** Whether Metalwright boots the machine: what it says then is kept. What an installed machine says is its tenant's. */
export function isBooting({ status, metadata }: Machine): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status?.phase !== undefined &&
    bootingPhases.includes(status.phase)
  );
}

/**
 * The rack that listens to the machine: of the live ones that reach its BMC the first by name, where viewers are sent to as well;
 * else the one that is nearest to it. Undefined: none yet. Pure.
 */
export function listeningRack(machine: Machine, isAlive: (rack: string) => boolean): string | undefined {
  const [first] = (machine.status?.bmcReach ?? [])
    .flatMap(({ rack, reaches }) => (reaches && isAlive(rack) ? [rack] : []))
    .sort();
  if (first !== undefined) return first;
  const nearest = nearestRack(machine);
  return nearest !== undefined && isAlive(nearest) ? nearest : undefined;
}

/** The stay in one phase: what could not be listened to is tried again in the next. */
export function stayOf({ metadata, status }: Machine): string {
  return `${metadata.uid} ${status?.phase} ${status?.phaseSince}`;
}
