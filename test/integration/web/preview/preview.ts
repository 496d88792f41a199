#!/usr/bin/env node
/** `node test/integration/web/preview/preview.ts`: an API server with a small made-up data centre, and the server with the built UI, to look at. */
import { machineKind } from '../../../../src/api/machine/schema.ts';
import { machineInventoryKind } from '../../../../src/api/machine-inventory/schema.ts';
import { createKubeClient, type KubeClient } from '../../../../src/kube/client.ts';
import { namespaces } from '../../../../src/kube/core-resources.ts';
import { startPlane } from '../../shared/plane.ts';
import { seed } from '../seed.ts';
import { startServerProcess } from '../server-process.ts';
import { inventoryOf } from './inventory.ts';
import { aTimeline } from './timeline.ts';

/** Inventories, and the stories of boots that are under way. */
async function seedDetails(client: KubeClient): Promise<void> {
  const { items } = await client.list(machineKind);
  for (const machine of items) {
    const { name } = machine.metadata;
    const { status } = machine;
    if (status?.hardware !== undefined)
      await client.create(machineInventoryKind, { metadata: { name }, ...inventoryOf(machine) });
    const timeline = aTimeline(status?.phase);
    if (timeline === undefined) continue;
    await client.applyStatus(
      machineKind,
      { metadata: { name }, status: timeline },
      { fieldManager: 'preview' },
    );
  }
}

const plane = await startPlane();
const client = createKubeClient({ kubeconfigPath: plane.kubeconfigPath });
await client.create(namespaces, { metadata: { name: 'team-a' } });
await seed(client);
await seedDetails(client);
const server = await startServerProcess(
  plane.kubeconfigPath,
  process.env.PREVIEW_ENV === undefined ? {} : JSON.parse(process.env.PREVIEW_ENV),
);
console.log(JSON.stringify({ url: server.url, kubeconfig: plane.kubeconfigPath }));
const stop = async (): Promise<void> => {
  await server.stop();
  await client.close();
  await plane.stop();
  process.exit();
};
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());
process.stdin.resume();
