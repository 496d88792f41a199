import { z } from 'zod';
import { FirmwareMode, MacAddress, Timestamp } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { ObjectMeta } from '../meta.ts';

const text = z.string().max(256);

export const InventoryNic = z.object({
  name: text,
  mac: MacAddress,
  driver: text.optional(),
  speedMbps: z.int().min(0).optional(),
  link: z.boolean().describe('Carrier is present.'),
  vendor: text.optional(),
  product: text.optional(),
  pciAddress: text.optional(),
  numaNode: z.int().optional(),
  lldp: z
    .object({
      chassisId: text,
      chassisName: text.optional(),
      portId: text,
      portDescription: text.optional(),
      vlan: z.int().min(0).max(4094).optional(),
    })
    .optional()
    .describe('The switch port that it is wired to.'),
});
export type InventoryNic = z.infer<typeof InventoryNic>;

export const InventoryDisk = z.object({
  name: text.describe('Kernel name: sda.'),
  path: text.describe('Stable path below /dev/disk, or the device.'),
  sizeBytes: z.int().min(0),
  kind: z.enum(['HDD', 'SSD', 'NVMe']),
  rotational: z.boolean(),
  removable: z.boolean(),
  transport: text.optional().describe('sata, sas, nvme, usb, virtio…'),
  vendor: text.optional(),
  model: text.optional(),
  serial: text.optional(),
  wwn: text.optional(),
  logicalBlockBytes: z.int().min(1),
  pciAddress: text.optional(),
});
export type InventoryDisk = z.infer<typeof InventoryDisk>;

/** The hardware of a machine as the agent found it. Sizes in bytes or MiB, as their names say. */
export const Inventory = z.object({
  system: z.object({
    uuid: text.optional(),
    vendor: text.optional(),
    product: text.optional(),
    version: text.optional(),
    serial: text.optional(),
    chassisType: text.optional(),
    boardVendor: text.optional(),
    boardProduct: text.optional(),
  }),
  firmware: z.object({
    mode: FirmwareMode,
    vendor: text.optional(),
    version: text.optional(),
    date: text.optional(),
    secureBoot: z.boolean().optional(),
  }),
  tpm: z.object({ version: text }).optional(),
  cpus: z
    .array(
      z.object({
        socket: z.int().min(0),
        vendor: text.optional(),
        model: text.optional(),
        cores: z.int().min(1),
        threads: z.int().min(1),
        maxMHz: z.int().min(0).optional(),
      }),
    )
    .max(64),
  numaNodes: z
    .array(
      z.object({
        id: z.int().min(0),
        cpus: z.array(z.int().min(0)).max(4096),
        memoryMiB: z.int().min(0),
      }),
    )
    .max(256),
  memory: z.object({
    totalMiB: z.int().min(0),
    dimms: z
      .array(
        z.object({
          slot: text,
          sizeMiB: z.int().min(0),
          type: text.optional(),
          speedMHz: z.int().min(0).optional(),
          manufacturer: text.optional(),
          partNumber: text.optional(),
          serial: text.optional(),
        }),
      )
      .max(512),
  }),
  nics: z.array(InventoryNic).max(64),
  disks: z.array(InventoryDisk).max(512),
  pci: z
    .array(
      z.object({
        address: text,
        class: text,
        vendorId: text,
        deviceId: text,
        vendor: text.optional(),
        device: text.optional(),
        driver: text.optional(),
      }),
    )
    .max(1024),
  usb: z
    .array(
      z.object({
        address: text,
        vendorId: text,
        productId: text,
        vendor: text.optional(),
        product: text.optional(),
      }),
    )
    .max(256),
  gpus: z.array(z.object({ pciAddress: text, vendor: text.optional(), product: text.optional() })).max(64),
});
export type Inventory = z.infer<typeof Inventory>;

/** How one test of the hardware ended. */
export const TestOutcome = z.object({
  name: z.string().max(64),
  outcome: z.enum(['Passed', 'Failed', 'Skipped']).describe('Skipped: there was nothing to test.'),
  seconds: z.number().min(0),
  message: z.string().max(512),
});
export type TestOutcome = z.infer<typeof TestOutcome>;

/** The same, as it is kept. */
export const TestRecord = TestOutcome.extend({ finishedAt: Timestamp });
export type TestRecord = z.infer<typeof TestRecord>;

/** Big and rarely changed, so an object of its own beside the Machine; no status, so that a restore brings it back. */
export interface MachineInventory {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  collectedAt: string;
  hardware: Inventory;
  /** The last outcome of each test, by name. */
  tests?: TestRecord[];
}

export const machineInventoryKind = defineKind<MachineInventory>({
  plural: 'machineinventories',
  singular: 'machineinventory',
  kind: 'MachineInventory',
  shortNames: ['mwinv'],
  namespaced: false,
  description: 'The full hardware tree of the Machine of the same name, as the agent found it.',
  properties: {
    collectedAt: Timestamp,
    hardware: Inventory,
    tests: z
      .array(TestRecord)
      .max(64)
      .optional()
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .describe('The last outcome of each test.'),
  },
  required: ['collectedAt', 'hardware'],
  printerColumns: [
    { name: 'Vendor', type: 'string', jsonPath: '.hardware.system.vendor' },
    { name: 'Product', type: 'string', jsonPath: '.hardware.system.product' },
    { name: 'Memory', type: 'integer', jsonPath: '.hardware.memory.totalMiB', description: 'MiB' },
    { name: 'Firmware', type: 'string', jsonPath: '.hardware.firmware.mode' },
    { name: 'Collected', type: 'date', jsonPath: '.collectedAt' },
  ],
});
