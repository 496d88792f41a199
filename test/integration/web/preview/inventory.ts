import type { Machine } from '../../../../src/api/machine/schema.ts';
import type { Inventory, MachineInventory } from '../../../../src/api/machine-inventory/schema.ts';

/** What a preview says that a machine is made of: as its summary has it, with parts to look at. */
export function inventoryOf(machine: Machine): Pick<MachineInventory, 'collectedAt' | 'hardware' | 'tests'> {
  const summary = machine.status?.hardware;
  const [mac = '52:54:00:00:00:01'] = machine.spec.macAddresses;
  const cores = summary?.cores ?? 16;
  const memoryMiB = summary?.memoryMiB ?? 65_536;
  const dimms = 8;
  const collectedAt = new Date(Date.now() - 3_600_000).toISOString();
  const port = (name: string, speedMbps: number, at: number): Inventory['nics'][number] => ({
    name,
    mac: at === 0 ? mac : `${mac.slice(0, -2)}f${at}`,
    driver: speedMbps > 10_000 ? 'mlx5_core' : 'igb',
    speedMbps,
    link: at < 2,
    vendor: speedMbps > 10_000 ? 'Mellanox Technologies' : 'Intel Corporation',
    product: speedMbps > 10_000 ? 'MT27800 Family [ConnectX-5]' : 'I350 Gigabit Network Connection',
    pciAddress: `0000:${10 + at}:00.0`,
    ...(at < 2
      ? {
          lldp: {
            chassisId: '44:38:39:00:00:1a',
            chassisName: `leaf-${at + 1}`,
            portId: `swp${12 + at}`,
            portDescription: machine.metadata.name,
            vlan: 20,
          },
        }
      : {}),
  });
  return {
    collectedAt,
    hardware: {
      system: {
        vendor: summary?.vendor ?? 'Dell Inc.',
        product: summary?.product ?? 'PowerEdge R650',
        serial: summary?.serial ?? 'SN0',
        chassisType: 'Rack Mount Chassis',
        boardVendor: 'Dell Inc.',
        boardProduct: '0PYXKY',
      },
      firmware: {
        mode: 'UEFI',
        vendor: 'Dell Inc.',
        version: '1.10.2',
        date: '06/06/2026',
        secureBoot: true,
      },
      tpm: { version: '2.0' },
      cpus: [0, 1].map((socket) => ({
        socket,
        vendor: 'GenuineIntel',
        model: 'Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz',
        cores: Math.max(1, cores / 2),
        threads: cores,
        maxMHz: 3200,
      })),
      numaNodes: [0, 1].map((id) => ({ id, cpus: [id * 2, id * 2 + 1], memoryMiB: memoryMiB / 2 })),
      memory: {
        totalMiB: memoryMiB,
        dimms: Array.from({ length: dimms }, (_, at) => ({
          slot: `${at < 4 ? 'A' : 'B'}${(at % 4) + 1}`,
          sizeMiB: memoryMiB / dimms,
          type: 'DDR4',
          speedMHz: 3200,
          manufacturer: 'Samsung',
          partNumber: 'M393A4K40EB3-CWE',
          serial: `03A1${at}F2C`,
        })),
      },
      nics: [port('eno1', 1_000, 0), port('enp17s0f0', 25_000, 1), port('enp17s0f1', 25_000, 2)],
      disks: (summary?.disks ?? []).map(({ name, sizeBytes, kind }, at) => ({
        name,
        path: `/dev/disk/by-path/pci-0000:03:00.0-${kind === 'NVMe' ? 'nvme-1' : `sas-phy${at}`}`,
        sizeBytes,
        kind,
        rotational: kind === 'HDD',
        removable: false,
        transport: kind === 'NVMe' ? 'nvme' : 'sas',
        vendor: kind === 'NVMe' ? 'Samsung' : 'Seagate',
        model: kind === 'NVMe' ? 'MZWLJ960HCHP' : 'ST16000NM002J',
        serial: `S6${at}KNX0T`,
        wwn: `eui.00253858${at}1b2c3d`,
        logicalBlockBytes: 512,
      })),
      pci: [
        {
          address: '0000:03:00.0',
          class: '0108',
          vendorId: '144d',
          deviceId: 'a824',
          vendor: 'Samsung',
          device: 'NVMe SSD Controller PM173X',
          driver: 'nvme',
        },
        {
          address: '0000:10:00.0',
          class: '0200',
          vendorId: '8086',
          deviceId: '1521',
          vendor: 'Intel',
          device: 'I350',
          driver: 'igb',
        },
        {
          address: '0000:11:00.0',
          class: '0200',
          vendorId: '15b3',
          deviceId: '1017',
          vendor: 'Mellanox',
          device: 'ConnectX-5',
          driver: 'mlx5_core',
        },
      ],
      usb: [
        {
          address: '1-1',
          vendorId: '0624',
          productId: '0248',
          vendor: 'Avocent',
          product: 'Virtual Keyboard',
        },
      ],
      gpus: [],
    },
    tests: [
      {
        name: 'memory',
        outcome: 'Passed',
        seconds: 312.4,
        message: 'no errors in 64 GiB',
        finishedAt: collectedAt,
      },
      {
        name: 'disk-smart',
        outcome: 'Passed',
        seconds: 4.1,
        message: 'all disks report healthy',
        finishedAt: collectedAt,
      },
    ],
  };
}
