import type { Inventory } from '../types.ts';

/** Switches send every 30 s (IEEE 802.1AB, section 9.2.5.7): a little more hears each of them once. */
const oneRoundMs = 32_000;

/** Makers of machines that are none: no switch is behind their network cards. */
const virtual =
  /qemu|kvm|vmware|virtualbox|innotek|xen|microsoft corporation virtual|bochs|red hat|openstack|amazon ec2/i;

/** How long to listen for switches. @param seconds from the kernel command line: the person knows better */
export function lldpWaitMs(inventory: Inventory, seconds: number | undefined): number {
  if (seconds !== undefined) return seconds * 1000;
  const { vendor, product } = inventory.system;
  const linked = inventory.nics.some(({ link }) => link);
  return linked && !virtual.test(`${vendor ?? ''} ${product ?? ''}`) ? oneRoundMs : 0;
}
