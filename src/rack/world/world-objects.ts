import type { BootImage } from '../../api/boot-image/schema.ts';
import type { IpAddressObject } from '../../api/ip-address/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Rack } from '../../api/rack/schema.ts';
import type { Subnet } from '../../api/subnet/schema.ts';
import type { Vlan } from '../../api/vlan/schema.ts';

/** The objects of every kind that a rack knows. */
export interface WorldObjects {
  machines: Machine[];
  addresses: IpAddressObject[];
  subnets: Subnet[];
  vlans: Vlan[];
  images: BootImage[];
  racks: Rack[];
}

export function emptyWorld(): WorldObjects {
  return { machines: [], addresses: [], subnets: [], vlans: [], images: [], racks: [] };
}
