/** Names for the parts of the inventory, whose shape is the contract's. */
import type { Inventory, InventoryDisk, InventoryNic } from '../../api/machine-inventory/schema.ts';

export type { Inventory };
export type Disk = InventoryDisk;
export type Nic = InventoryNic;
export type LldpNeighbour = NonNullable<InventoryNic['lldp']>;
export type SystemIdentity = Inventory['system'];
export type Firmware = Inventory['firmware'];
export type Cpu = Inventory['cpus'][number];
export type NumaNode = Inventory['numaNodes'][number];
export type Dimm = Inventory['memory']['dimms'][number];
export type PciDevice = Inventory['pci'][number];
export type UsbDevice = Inventory['usb'][number];
export type Gpu = Inventory['gpus'][number];
