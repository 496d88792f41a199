import { machineKind } from '../../api/machine/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { BootReport } from '../agent-api/ports.ts';
import { isNews, mergeReports } from './boot-report.ts';
import { storeInventory } from './inventory.ts';
import type { OutboxEntry } from './outbox-files.ts';
import { storeTaskResult } from './task-result.ts';
import { storeTests } from './tests.ts';

/** Of server-side apply, for `status.bootProgress`. */
const fieldManager = 'metalwright-rack-boot';

/** What reports are delivered with. */
export interface DeliveryDeps {
  client: Pick<KubeClient, 'get' | 'apply' | 'applyStatus'>;
  rackName: string;
  clock: Clock;
}

/**
 * Tells the API server one thing of a machine, on top of what is there at this moment. Nothing happens when the machine has gone, or
 * another one has its name now.
 */
export async function deliverReport(machine: string, entry: OutboxEntry, deps: DeliveryDeps): Promise<void> {
  if (entry.uid !== undefined) {
    const now = await deps.client.get(machineKind, machine);
    if (now?.metadata.uid !== entry.uid) return;
  }
  switch (entry.kind) {
    case 'Boot':
      return storeBoot(machine, entry.report, deps);
    case 'Inventory':
      return storeInventory(machine, entry.inventory, deps, entry.keep);
    case 'Tests':
      return storeTests(machine, entry.tests, deps.client);
    case 'Result':
      return storeTaskResult(machine, entry.report, deps.client);
  }
}

async function storeBoot(
  name: string,
  report: BootReport,
  { client, rackName }: DeliveryDeps,
): Promise<void> {
  const machine = await client.get(machineKind, name);
  const stored = machine?.status?.bootProgress;
  if (machine === undefined || !isNews(stored, report)) return;
  const { resourceVersion, uid } = machine.metadata;
  const merged = mergeReports(stored, report);
  // Who is not named saw it here.
  const seen = merged.seen?.map((entry) => ({ rack: rackName, ...entry }));
  const bootProgress = { ...merged, rack: rackName, ...(seen === undefined ? {} : { seen }) };
  try {
    await client.applyStatus(
      machineKind,
      { metadata: { name, resourceVersion, uid }, status: { bootProgress } },
      { fieldManager },
    );
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}
