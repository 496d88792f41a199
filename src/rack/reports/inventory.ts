import { machineKind } from '../../api/machine/schema.ts';
import { type Inventory, machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';

/** Of server-side apply, for the MachineInventory. */
const fieldManager = 'metalwright-rack-inventory';

/** Stores the inventory beside its Machine; it goes when the Machine goes. Nothing happens when that has gone already. */
export async function storeInventory(
  machine: string,
  hardware: Inventory,
  { client, clock }: { client: Pick<KubeClient, 'get' | 'apply'>; clock: Clock },
): Promise<void> {
  const uid = (await client.get(machineKind, machine))?.metadata.uid;
  if (uid === undefined) return;
  await client.apply(
    machineInventoryKind,
    {
      metadata: { name: machine, ownerReferences: [{ apiVersion, kind: 'Machine', name: machine, uid }] },
      collectedAt: new Date(clock.now()).toISOString(),
      hardware,
    },
    { fieldManager },
  );
}
