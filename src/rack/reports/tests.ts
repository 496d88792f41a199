import { machineInventoryKind, type TestRecord } from '../../api/machine-inventory/schema.ts';
import type { KubeClient } from '../../kube/client.ts';

/** Of server-side apply, for the `tests` of a MachineInventory. */
const fieldManager = 'metalwright-rack-tests';

/**
 * Stores how tests ended, on top of what earlier ones came to. Nothing happens for a machine without an inventory: it was
 * never commissioned, or has gone. An older outcome never takes the place of a newer one.
 */
export async function storeTests(
  machine: string,
  tests: readonly TestRecord[],
  client: Pick<KubeClient, 'get' | 'apply'>,
): Promise<void> {
  const stored = await client.get(machineInventoryKind, machine);
  if (stored === undefined) return;
  const { resourceVersion, uid } = stored.metadata;
  await client.apply(
    machineInventoryKind,
    { metadata: { name: machine, uid, resourceVersion }, tests: mergeTests(stored.tests ?? [], tests) },
    { fieldManager },
  );
}

/** One record a name, the later one of two; in the order of names, the 64 latest at most. */
export function mergeTests(stored: readonly TestRecord[], tests: readonly TestRecord[]): TestRecord[] {
  const latest = new Map<string, TestRecord>();
  for (const test of [...stored, ...tests]) {
    const other = latest.get(test.name);
    if (other === undefined || Date.parse(test.finishedAt) >= Date.parse(other.finishedAt))
      latest.set(test.name, test);
  }
  return [...latest.values()]
    .sort((one, other) => Date.parse(other.finishedAt) - Date.parse(one.finishedAt))
    .slice(0, 64)
    .sort((one, other) => one.name.localeCompare(other.name));
}
