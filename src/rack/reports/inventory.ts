import { machineKind } from '../../api/machine/schema.ts';
import { type Inventory, machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { InventoryPart } from '../agent-api/ports.ts';

/** Of server-side apply, for the MachineInventory. */
const fieldManager = 'metalwright-rack-inventory';

/**
 * Stores the inventory beside its Machine; it goes when the Machine goes. Nothing happens when that has gone already.
 *
 * @param keep parts that stay as they are on record, if there is a record
 */
export async function storeInventory(
  machine: string,
  hardware: Inventory,
  { client, clock }: { client: Pick<KubeClient, 'get' | 'apply'>; clock: Clock },
  keep: readonly InventoryPart[] = [],
): Promise<void> {
  const uid = (await client.get(machineKind, machine))?.metadata.uid;
  if (uid === undefined) return;
  const stored = keep.length === 0 ? undefined : await client.get(machineInventoryKind, machine);
  const kept = Object.fromEntries(keep.map((part) => [part, (stored?.hardware ?? hardware)[part]]));
  await client.apply(
    machineInventoryKind,
    {
      metadata: { name: machine, ownerReferences: [{ apiVersion, kind: 'Machine', name: machine, uid }] },
      collectedAt: new Date(clock.now()).toISOString(),
      hardware: { ...hardware, ...kept },
    },
    { fieldManager },
  );
}
