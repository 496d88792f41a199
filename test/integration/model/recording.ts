import { type Allocation, allocationKind } from '../../../src/api/allocation/schema.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { type AnyAction, machineActionKind } from '../../../src/api/machine-action/schema.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import { type KubeObject, keyOf, type Resource } from '../../../src/kube/resource.ts';
import { until } from '../controllers/setting.ts';

/** One version of an object, as the watch told it. */
export type Version = { at: number; gone: boolean } & (
  | { kind: 'Machine'; object: Machine }
  | { kind: 'Allocation'; object: Allocation }
  | { kind: 'MachineAction'; object: AnyAction }
);

/** Every version of every Machine, Allocation and MachineAction, from the watch stream of the API server. */
export interface Recording {
  /** Until every version that exists now has been seen; answers those that were not taken yet, in the order of their writing. */
  take(): Promise<Version[]>;
  /** How many versions were seen. */
  count(): number;
  stop(): Promise<void>;
}

/** An API server with one etcd counts all kinds by the same number, so versions of several kinds have an order. */
export async function startRecording(client: KubeClient): Promise<Recording> {
  const stopping = new AbortController();
  const seen = new Map<string, number>();
  let taken: Version[] = [];
  let count = 0;
  let failure: unknown;

  async function follow<T extends KubeObject>(
    resource: Resource<T>,
    version: (object: T, at: number, gone: boolean) => Version,
  ): Promise<void> {
    const { resourceVersion } = await client.list(resource);
    const events = client.watch(resource, {
      resourceVersion,
      signal: stopping.signal,
      timeoutSeconds: 3_600,
    });
    void (async () => {
      for await (const event of events) {
        if (event.type === 'Bookmark') continue;
        if (event.type === 'Unreadable') throw event.error;
        const at = Number(event.resourceVersion);
        seen.set(`${resource.plural}/${keyOf(event.object)}`, at);
        taken.push(version(event.object, at, event.type === 'Deleted'));
        count++;
      }
      throw new Error(`the watch on ${resource.plural} ended`);
    })().catch((error: unknown) => {
      if (!stopping.signal.aborted) failure ??= error;
    });
  }

  async function hasSeenAll<T extends KubeObject>(resource: Resource<T>): Promise<boolean> {
    const { items } = await client.list(resource);
    return items.every(
      (item) => (seen.get(`${resource.plural}/${keyOf(item)}`) ?? 0) >= Number(item.metadata.resourceVersion),
    );
  }

  await follow(machineKind, (object, at, gone) => ({ kind: 'Machine', object, at, gone }));
  await follow(allocationKind, (object, at, gone) => ({ kind: 'Allocation', object, at, gone }));
  await follow(machineActionKind, (object, at, gone) => ({ kind: 'MachineAction', object, at, gone }));
  return {
    async take() {
      await until('the recording has caught up', async () => {
        if (failure !== undefined) throw failure;
        for (const kind of [machineKind, allocationKind, machineActionKind])
          if (!(await hasSeenAll<KubeObject>(kind))) return false;
        return true;
      });
      const versions = taken.toSorted((a, b) => a.at - b.at);
      taken = [];
      return versions;
    },
    count: () => count,
    async stop() {
      stopping.abort();
    },
  };
}
