import type { Machine } from '../../api/machine/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Change } from '../../kube/informer.ts';
import { type BootTrace, bootTrace } from './boot-trace.ts';

export interface TraceTellerDeps {
  isLeader(): boolean;
  tell(trace: BootTrace): void;
  clock: Clock;
}

/** Whoever begins to lead tells what ended so shortly before, in milliseconds: the one before it may not have. */
const lookBackMs = 10 * 60_000;

/** A listener for changes of machines that tells of each boot once, when it is over. */
export function createTraceTeller({
  isLeader,
  tell,
  clock,
}: TraceTellerDeps): (change: Change<Machine>) => void {
  /** The last trace that was told, or was too old for it, by the machine's name. */
  const known = new Map<string, string>();
  return ({ type, object }) => {
    const { name } = object.metadata;
    if (type === 'Deleted') {
      known.delete(name);
      return;
    }
    const trace = bootTrace(object);
    if (trace === undefined || known.get(name) === trace.traceId) return;
    const ended = Math.max(...trace.spans.map(({ end }) => end));
    if (clock.now() - ended > lookBackMs) known.set(name, trace.traceId);
    else if (isLeader()) {
      known.set(name, trace.traceId);
      tell(trace);
    }
  };
}
