import { messageOf } from '../errors/coded-error.ts';
import { decodeJson, decodeObject, keyOfRaw } from './decode.ts';
import { isKubeError, type KubeError, kubeError } from './errors.ts';
import { isRecord, stringMember } from './json.ts';
import { createLineSplitter } from './json-lines.ts';
import type { KubeObject, Resource } from './resource.ts';
import { errorOfStatus } from './status.ts';

/** What a watch says: a change of an object, or how far the server has looked (a bookmark: no change, a newer version). */
export type WatchEvent<T extends KubeObject> =
  | { type: 'Added' | 'Modified' | 'Deleted'; object: T; resourceVersion: string }
  | { type: 'Bookmark'; resourceVersion: string }
  /** An object that the resource's `parse` refuses: the watch goes on without it. */
  | {
      type: 'Unreadable';
      resourceVersion: string;
      key: { name: string; namespace: string | undefined };
      error: KubeError;
    };

const changeTypes: Readonly<Record<string, 'Added' | 'Modified' | 'Deleted'>> = {
  ADDED: 'Added',
  MODIFIED: 'Modified',
  DELETED: 'Deleted',
};

/**
 * One line of a watch (`metav1.WatchEvent` as JSON). Errors: Gone when the version is too old and others that the server sends in
 * an ERROR event; InvalidResponse when it is no event.
 */
export function decodeWatchLine<T extends KubeObject>(
  what: string,
  resource: Resource<T>,
  line: string,
): WatchEvent<T> {
  const event = decodeJson(what, line);
  if (!isRecord(event) || !isRecord(event.object)) {
    throw kubeError('InvalidResponse', `${what} brought something that is no watch event`);
  }
  const { type, object } = event;
  if (type === 'ERROR') throw errorOfStatus(what, object);
  const resourceVersion = stringMember(object.metadata, 'resourceVersion');
  if (typeof type !== 'string' || resourceVersion === undefined) {
    throw kubeError('InvalidResponse', `${what} brought an event without type or resource version`);
  }
  if (type === 'BOOKMARK') return { type: 'Bookmark', resourceVersion };
  const change = changeTypes[type];
  if (change === undefined) throw kubeError('InvalidResponse', `${what} brought an event of type ${type}`);
  try {
    return { type: change, object: decodeObject(what, resource, object), resourceVersion };
  } catch (error) {
    const key = keyOfRaw(object);
    if (!isKubeError(error) || key === undefined) throw error;
    return { type: 'Unreadable', resourceVersion, key, error };
  }
}

/** A body that comes piece by piece: undici's, or a test's. */
export type ByteStream = AsyncIterable<Uint8Array>;

/**
 * The events of a watch's body, until the server ends it at the end of a line. Errors: as {@link decodeWatchLine}; Unavailable when the connection
 * breaks or ends in the middle of a line.
 */
export async function* readWatch<T extends KubeObject>(
  what: string,
  resource: Resource<T>,
  body: ByteStream,
  onPiece: () => void,
): AsyncGenerator<WatchEvent<T>> {
  const lines = createLineSplitter();
  try {
    for await (const piece of body) {
      onPiece();
      for (const line of lines.push(piece)) yield decodeWatchLine(what, resource, line);
    }
  } catch (error) {
    if (isKubeError(error)) throw error;
    throw kubeError('Unavailable', `${what} broke off (${messageOf(error)})`, { cause: error });
  }
  if (lines.pending() > 0) throw kubeError('Unavailable', `${what} ended in the middle of an event`);
}
