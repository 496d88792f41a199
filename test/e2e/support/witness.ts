import { type Allocation, allocationKind } from '../../../src/api/allocation/schema.ts';
import { type BootImage, bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { type Machine, machineKind } from '../../../src/api/machine/schema.ts';
import { type AnyAction, machineActionKind } from '../../../src/api/machine-action/schema.ts';
import { type MachineInventory, machineInventoryKind } from '../../../src/api/machine-inventory/schema.ts';
import { createKubeClient } from '../../../src/kube/client.ts';
import { type Change, createInformer, type Informer } from '../../../src/kube/informer.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { silentLogger } from '../../../src/log/logger.ts';

/** Watches the API server from the start, and forgets nothing that it saw. */
export interface Witness {
  machines: Informer<Machine>;
  inventories: Informer<MachineInventory>;
  allocations: Informer<Allocation>;
  actions: Informer<AnyAction>;
  images: Informer<BootImage>;
  /** Every state of a machine, oldest first. */
  historyOf(machine: string): Machine[];
  /** Everything that was seen, as one text: for secrets to be looked for. */
  everything(): string;
  /** When an object was first seen, in milliseconds since the epoch. */
  firstSeen(kind: string, name: string): number | undefined;
  /** Looks at each change until `probe` gives something. Throws with `what`, and with what `probe` throws. */
  until<T>(what: () => string, probe: () => T | undefined, timeoutMs: number): Promise<T>;
  stop(): Promise<void>;
}

export async function startWitness(kubeconfigPath: string): Promise<Witness> {
  const client = createKubeClient({ kubeconfigPath });
  const machineStates = new Map<string, Machine[]>();
  const firstSeen = new Map<string, number>();
  const seen: string[] = [];
  const waiting = new Set<() => void>();

  const note = ({ type, object }: Change<KubeObject>): void => {
    const key = `${object.kind}/${object.metadata.name}`;
    if (type === 'Added' && !firstSeen.has(key)) firstSeen.set(key, Date.now());
    seen.push(JSON.stringify(object));
  };
  const watch = <T extends KubeObject>(resource: Resource<T>): Informer<T> => {
    const informer = createInformer({ client, resource, log: silentLogger });
    informer.onChange(note);
    return informer;
  };

  const machines = watch(machineKind);
  const inventories = watch(machineInventoryKind);
  const allocations = watch(allocationKind);
  const actions = watch(machineActionKind);
  const images = watch(bootImageKind);
  machines.onChange(({ object }) => {
    const { name } = object.metadata;
    machineStates.set(name, [...(machineStates.get(name) ?? []), object]);
  });
  const all = [machines, inventories, allocations, actions, images];
  for (const informer of all) {
    informer.onChange(() => {
      for (const look of [...waiting]) look();
    });
    informer.start();
  }
  await Promise.all(all.map((informer) => informer.synced()));

  return {
    machines,
    inventories,
    allocations,
    actions,
    images,
    historyOf: (machine) => machineStates.get(machine) ?? [],
    everything: () => seen.join('\n'),
    firstSeen: (kind, name) => firstSeen.get(`${kind}/${name}`),
    until<T>(what: () => string, probe: () => T | undefined, timeoutMs: number) {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const timer = setTimeout(
        () => reject(new Error(`not within ${Math.round(timeoutMs / 1000)} s: ${what()}`)),
        timeoutMs,
      );
      const look = (): void => {
        try {
          const found = probe();
          if (found !== undefined) resolve(found);
        } catch (error) {
          reject(error);
        }
      };
      waiting.add(look);
      look();
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(look);
      });
    },
    async stop() {
      await Promise.all(all.map((informer) => informer.stop()));
      await client.close();
    },
  };
}
