import { request, send } from './client.ts';
import { type Noun, objectPath, type ResourceTypes } from './resources.ts';

/** An object before the server has seen it. */
export interface NewObject {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec: object;
}

export interface WriteOptions {
  /** Everything is checked, nothing is stored. */
  dryRun?: boolean;
  /** Of one intent: a second try with the same key makes no second object. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** Creates an object. Errors: ProblemError, with `errors` for the fields that the API server refuses. */
export function createObject<N extends Noun>(
  noun: N,
  object: NewObject,
  { dryRun = false, idempotencyKey, signal }: WriteOptions = {},
): Promise<ResourceTypes[N]> {
  const { namespace } = object.metadata;
  const path = namespace === undefined ? `/${noun}` : `/namespaces/${encodeURIComponent(namespace)}/${noun}`;
  return request(path, {
    method: 'POST',
    query: { dryRun: dryRun || undefined },
    body: object,
    headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
    signal,
  });
}

/** Deletes an object, whatever version it is. */
export async function deleteObject(noun: Noun, name: string, namespace?: string): Promise<void> {
  await send(objectPath(noun, name, namespace), { method: 'DELETE' });
}

/**
 * Changes some fields (JSON merge patch).
 *
 * @param version refused with PreconditionFailed when the object is another one by now
 */
export function patchObject<N extends Noun>(
  noun: N,
  { name, namespace, version }: { name: string; namespace?: string; version?: string },
  patch: object,
): Promise<ResourceTypes[N]> {
  return request(objectPath(noun, name, namespace), {
    method: 'PATCH',
    body: version === undefined ? patch : { metadata: { resourceVersion: version }, ...patch },
    headers: { 'content-type': 'application/merge-patch+json' },
  });
}
