import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { KubeObject, Resource } from '../../kube/resource.ts';

/** What is seen of the objects of a resource, in order. */
export type Seen<T extends KubeObject> =
  /** All that is there now; again after an interruption that may have hidden changes. */
  { kind: 'All'; objects: T[] } | { kind: 'Changed'; object: T } | { kind: 'Gone'; object: T };

export interface ObserveOptions {
  namespace?: string | undefined;
  /** This object alone. */
  name?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  signal: AbortSignal;
  /** Wait before it goes on after an interruption, in milliseconds. Default 1,000. */
  pauseMs?: number | undefined;
}

/**
 * Lists, then watches, for as long as it is asked; goes on after interruptions. The first list may fail, as nothing was seen then:
 * KubeError. It ends when the signal is aborted.
 */
export async function* observe<T extends KubeObject>(
  client: Pick<KubeClient, 'list' | 'watch'>,
  resource: Resource<T>,
  { namespace, name, labelSelector, fieldSelector, signal, pauseMs = 1_000 }: ObserveOptions,
): AsyncGenerator<Seen<T>> {
  const byName = name === undefined ? fieldSelector : `metadata.name=${name}`;
  const scope = { namespace, labelSelector, fieldSelector: byName, signal };
  const wanted = (object: T): boolean => name === undefined || object.metadata.name === name;
  let version: string | undefined;
  let listed = false;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list = await client.list(resource, scope);
        version = list.resourceVersion;
        listed = true;
        yield { kind: 'All', objects: list.items.filter(wanted) };
      }
      for await (const event of client.watch(resource, { ...scope, resourceVersion: version })) {
        version = event.resourceVersion;
        if (event.type === 'Bookmark' || event.type === 'Unreadable' || !wanted(event.object)) continue;
        yield { kind: event.type === 'Deleted' ? 'Gone' : 'Changed', object: event.object };
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isKubeError(error) || !listed || !(error.retryable || error.code === 'Gone')) throw error;
      if (error.code === 'Gone') version = undefined;
      await pause(pauseMs, signal);
    }
  }
}

/** Ends early when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
