import type { Change } from '../../../kube/informer.ts';
import { isRecord, parseJson } from '../../../kube/json.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { matches, type Term } from '../../list/filter.ts';
import { dataOf, type EventKind, type StreamEvent } from './history.ts';

/** Which objects a stream is about, of the resources that it watches. */
export interface WatchFilter {
  /** The same for filters that mean the same: a verdict is made once for all streams that have it. */
  key: string;
  name: string | undefined;
  terms: readonly Term[];
}

/** A filter, or undefined where all objects are meant. */
export function watchFilter(name: string | undefined, terms: readonly Term[]): WatchFilter | undefined {
  if (name === undefined && terms.length === 0) return undefined;
  return { key: JSON.stringify([name, terms]), name, terms };
}

/** What a change is to whoever sees only what the filter lets through: what leaves that view is deleted, what enters it is added. */
export function kindOf(
  { type, object, previous }: Change<KubeObject>,
  filter: WatchFilter,
): EventKind | undefined {
  if (!isNamed(object.metadata.name, filter)) return undefined;
  // How it was before it went is not known: its last version may match no longer, and yet the stream has it.
  if (type === 'Deleted') return 'deleted';
  const is = matches(object, filter.terms);
  if (type === 'Added') return is ? 'added' : undefined;
  const was = previous !== undefined && matches(previous, filter.terms);
  if (is) return was ? 'modified' : 'added';
  return was ? 'deleted' : undefined;
}

/**
 * The same for a change of the past, of which only its text is left. How the object was before is not known: one that does not match
 * is sent as deleted, which is nothing to a client that never had it.
 */
export function pastKindOf(event: StreamEvent, filter: WatchFilter): EventKind | undefined {
  if (!isNamed(event.name, filter)) return undefined;
  if (filter.terms.length === 0) return event.kind;
  const object = objectOf(event);
  if (event.kind === 'deleted' || object === undefined || !matches(object, filter.terms)) return 'deleted';
  return event.kind;
}

function isNamed(name: string, filter: WatchFilter): boolean {
  return filter.name === undefined || filter.name === name;
}

function objectOf(event: StreamEvent): KubeObject | undefined {
  const parsed = parseJson(dataOf(event));
  const object = isRecord(parsed) ? parsed.object : undefined;
  return isKubeObject(object) ? object : undefined;
}

function isKubeObject(value: unknown): value is KubeObject {
  return isRecord(value) && isRecord(value.metadata) && typeof value.metadata.name === 'string';
}
