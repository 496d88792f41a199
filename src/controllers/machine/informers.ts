import type { Allocation } from '../../api/allocation/schema.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { AnyAction } from '../../api/machine-action/schema.ts';
import type { MachineInventory } from '../../api/machine-inventory/schema.ts';
import type { Rack } from '../../api/rack/schema.ts';
import type { Informer } from '../../kube/informer.ts';

/** What the machine controller watches: part of what `createInformers` in `shared/` makes. */
export interface MachineInformers {
  /** With indexes `allocation`: `namespace/name` of the one that holds it; and `mac`. */
  machines: Informer<Machine>;
  inventories: Informer<MachineInventory>;
  /** With an index `image`. */
  allocations: Informer<Allocation>;
  images: Informer<BootImage>;
  /** With indexes `machine` and `mac`. */
  addresses: Informer<IpAddressObject>;
  /** With an index `machine`. */
  actions: Informer<AnyAction>;
  racks: Informer<Rack>;
}
