import type { AnyAction } from '../../../src/api/machine-action/schema.ts';

/** Orders that were given together, by the names of their MachineActions. */
export interface Tracked {
  label: string;
  actions: readonly string[];
}

/** How some orders ended. */
export interface Outcome {
  label: string;
  succeeded: number;
  /** Failed or refused, with what was said. */
  unhappy: readonly { machine: string; phase: string; message: string }[];
}

const ended: readonly string[] = ['Succeeded', 'Failed', 'Refused'];

/** The outcome of orders that have all ended; undefined while one of them has not. */
export function outcomeOf({ label, actions }: Tracked, known: readonly AnyAction[]): Outcome | undefined {
  const byName = new Map(known.map((action) => [action.metadata.name, action]));
  const found = actions.flatMap((name) => byName.get(name) ?? []);
  if (found.length < actions.length || found.some(({ status }) => !ended.includes(status?.phase ?? ''))) {
    return undefined;
  }
  const unhappy = found
    .filter(({ status }) => status?.phase !== 'Succeeded')
    .map(({ spec, status }) => ({
      machine: spec.machine ?? spec.chassis,
      phase: status?.phase ?? '',
      message: status?.message ?? '',
    }));
  return { label, succeeded: found.length - unhappy.length, unhappy };
}

/** An outcome in words: what went wrong of one, how many of several. */
export function wordsOfOutcome({ label, succeeded, unhappy }: Outcome): {
  title: string;
  text: string | undefined;
} {
  const [first] = unhappy;
  if (first === undefined)
    return { title: `${label}: done`, text: succeeded > 1 ? `For ${succeeded} machines.` : undefined };
  if (succeeded === 0 && unhappy.length === 1) {
    return { title: `${label}: ${first.phase.toLowerCase()}`, text: `${first.machine}: ${first.message}` };
  }
  const text = unhappy
    .slice(0, 3)
    .map(({ machine, message }) => `${machine}: ${message}`)
    .join(' ');
  return { title: `${label}: done for ${succeeded}, not for ${unhappy.length}`, text };
}
