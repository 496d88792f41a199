import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { machineKind } from '../../src/api/machine/schema.ts';
import { machineInventoryKind } from '../../src/api/machine-inventory/schema.ts';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject, Resource } from '../../src/kube/resource.ts';

const crds: Resource<KubeObject> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** A machine as large as one that was commissioned and deployed. */
async function makeMachine(client: KubeClient, number: number): Promise<void> {
  const name = nameOf(number);
  const mac = `52:54:${number.toString(16).padStart(8, '0').match(/../g)?.join(':') ?? ''}`;
  await client.create(machineKind, {
    metadata: { name },
    spec: {
      macAddresses: [mac],
      architecture: 'amd64',
      approved: true,
      tags: ['ssd', 'rack'],
      pool: `pool-${number % 7}`,
      zone: `zone-${number % 3}`,
    },
  });
  const at = '2026-01-01T00:00:00Z';
  const condition = (type: string) => ({
    type,
    status: 'True' as const,
    reason: 'Deployed',
    message: 'The installed OS runs.',
    lastTransitionTime: at,
  });
  const status = {
    phase: 'Deployed' as const,
    powerState: 'On' as const,
    hardware: {
      vendor: 'Dell Inc.',
      product: 'PowerEdge R650',
      cores: 32,
      threads: 64,
      memoryMiB: 262_144,
      nics: 4,
      disks: [],
    },
    addresses: [
      { address: `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`, mac, subnet: 'rows' },
    ],
    allocation: { namespace: 'default', name: `web-${number}`, uid: name },
    conditions: ['Ready', 'Reconciling', 'Stalled', 'Available', 'Reachable', 'Approved'].map(condition),
    timeline: {
      generation: 3,
      work: 'Install',
      steps: ['Dhcp', 'Loader', 'Kernel', 'Agent'].map((step) => ({ step, at, durationSeconds: 4 })),
    },
  };
  await client.applyStatus(machineKind, { metadata: { name }, status }, { fieldManager: 'bench' });
}

/** Hardware as large as that of a server with 16 memory modules, four disks and 48 PCI devices: about 13 KB of JSON. */
async function makeInventory(client: KubeClient, number: number): Promise<void> {
  const many = <T>(count: number, make: (at: number) => T): T[] =>
    Array.from({ length: count }, (_, at) => make(at));
  const serial = (at: number): string => `S${number.toString(36)}${at}`.toUpperCase();
  await client.create(machineInventoryKind, {
    metadata: { name: nameOf(number) },
    collectedAt: '2026-01-01T00:00:00Z',
    hardware: {
      system: { vendor: 'Dell Inc.', product: 'PowerEdge R650', serial: serial(0) },
      firmware: { mode: 'UEFI', vendor: 'Dell Inc.', version: '1.12.1', date: '2025-05-01' },
      cpus: many(2, (socket) => ({
        socket,
        vendor: 'GenuineIntel',
        model: 'Xeon Gold 6338',
        cores: 16,
        threads: 32,
      })),
      numaNodes: many(2, (id) => ({ id, cpus: many(32, (at) => 32 * id + at), memoryMiB: 131_072 })),
      memory: {
        totalMiB: 262_144,
        dimms: many(16, (at) => ({
          slot: `DIMM.A${at}`,
          sizeMiB: 16_384,
          type: 'DDR4',
          speedMHz: 3200,
          manufacturer: 'Micron',
          partNumber: '18ASF2G72PZ-3G2E1',
          serial: serial(at),
        })),
      },
      nics: many(4, (at) => ({
        name: `eno${at}`,
        mac: `02:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}:00:0${at}`,
        driver: 'ice',
        speedMbps: 25_000,
        link: true,
        vendor: 'Intel Corporation',
        product: 'Ethernet Controller E810-XXV',
        pciAddress: `0000:31:00.${at}`,
      })),
      disks: many(4, (at) => ({
        name: `nvme${at}n1`,
        path: `/dev/disk/by-id/nvme-${serial(at)}`,
        sizeBytes: 960e9,
        kind: 'NVMe' as const,
        rotational: false,
        removable: false,
        model: 'SAMSUNG MZQL2960HCJR-00A07',
        serial: serial(at),
        logicalBlockBytes: 512,
      })),
      pci: many(48, (at) => ({
        address: `0000:${at.toString(16).padStart(2, '0')}:00.0`,
        class: '0604',
        vendorId: '8086',
        deviceId: (0x3000 + at).toString(16),
        vendor: 'Intel Corporation',
        device: `Ice Lake IEH ${at}`,
        driver: 'pcieport',
      })),
      usb: [],
      gpus: [],
    },
  });
}

function nameOf(number: number): string {
  return `r${Math.floor(number / 40)}-${number % 40}`;
}

/** Installs the definitions, and makes so many machines, with inventories where they are wanted. */
export async function fillCluster(
  client: KubeClient,
  { machines, inventories = false }: { machines: number; inventories?: boolean },
): Promise<void> {
  const folder = join(import.meta.dirname, '../../crds');
  for (const file of readdirSync(folder))
    await client.create(crds, parse(readFileSync(join(folder, file), 'utf8')));
  for (;;) {
    if (
      await client.list(machineKind).then(
        () => true,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < machines) {
      const number = next;
      next += 1;
      await makeMachine(client, number);
      if (inventories) await makeInventory(client, number);
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
