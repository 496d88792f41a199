import { kinds } from '../../../src/api/crd/kinds.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { KubeObject } from '../../../src/kube/resource.ts';

/** One version of an object as the watch tells it: what a GitOps tool sees. */
export type Seen = KubeObject & {
  spec?: Record<string, unknown>;
  status?: {
    phase?: string;
    observedGeneration?: number;
    conditions?: { type: string; status: string; reason: string }[];
  };
};

/** Every version of every object of every kind, in the order in which each kind's watch told it. */
export interface Versions {
  of(kind: string, name: string): Seen[];
  all(): Seen[];
  stop(): void;
}

export async function recordVersions(client: KubeClient): Promise<Versions> {
  const stopping = new AbortController();
  const seen: Seen[] = [];
  for (const kind of kinds) {
    const resource = { ...kind, parse: (raw: unknown) => raw as Seen };
    const { resourceVersion } = await client.list<Seen>(resource);
    const events = client.watch<Seen>(resource, {
      resourceVersion,
      signal: stopping.signal,
      timeoutSeconds: 3_600,
    });
    void (async () => {
      for await (const event of events)
        if (event.type === 'Added' || event.type === 'Modified') seen.push(event.object);
    })().catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
  }
  return {
    of: (kind, name) => seen.filter((object) => object.kind === kind && object.metadata.name === name),
    all: () => [...seen],
    stop: () => stopping.abort(),
  };
}
