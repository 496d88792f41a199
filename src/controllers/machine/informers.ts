import type { Allocation } from '../../api/allocation/schema.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { MachineAction } from '../../api/machine-action/schema.ts';
import type { MachineInventory } from '../../api/machine-inventory/schema.ts';
import { names } from '../../api/meta.ts';
import type { Rack } from '../../api/rack/schema.ts';
import type { Informer } from '../../kube/informer.ts';

/** Informers that the machine, allocation and action controllers share; each needs the indexes below. */
export interface MachineInformers {
  machines: Informer<Machine>;
  inventories: Informer<MachineInventory>;
  allocations: Informer<Allocation>;
  images: Informer<BootImage>;
  /** With {@link addressIndexes}. */
  addresses: Informer<IpAddressObject>;
  /** With {@link actionIndexes}. */
  actions: Informer<MachineAction>;
  racks: Informer<Rack>;
}

function oneOrNone(key: string | undefined): string[] {
  return key === undefined ? [] : [key];
}

/** For `Informer<Machine>`: by the Allocation (`namespace/name`) of status or annotation. */
export const machineIndexes = {
  allocation: ({ metadata, status }: Machine): string[] => {
    const held = status?.allocation;
    const annotated = metadata.annotations?.[names.allocation]?.split('/').slice(0, 2).join('/');
    return [...new Set([...oneOrNone(held && `${held.namespace}/${held.name}`), ...oneOrNone(annotated)])];
  },
};

/** For `Informer<Allocation>`: by the BootImage, and by the machine that was chosen. */
export const allocationIndexes = {
  image: ({ spec }: Allocation): string[] => [spec.image],
  machine: ({ status }: Allocation): string[] => oneOrNone(status?.machine),
};

/** For `Informer<IpAddressObject>`: by the machine. */
export const addressIndexes = { machine: ({ spec }: IpAddressObject): string[] => oneOrNone(spec.machine) };

/** For `Informer<MachineAction>`: by the machine. */
export const actionIndexes = { machine: ({ spec }: MachineAction): string[] => [spec.machine] };
