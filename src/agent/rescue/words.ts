/** What a person who logs in reads first. */
export const greeting = `
Metalwright rescue system: all of it is in memory and goes when the machine is switched off.
No disk is mounted, no RAID is assembled, no volume group is active.

  lsblk -f                          disks, partitions, file systems
  mount -o ro /dev/sda2 /mnt        look at a file system without changing it
  mdadm --assemble --scan           assemble software RAID
  vgchange -ay                      activate LVM
  smartctl -a /dev/sda              health of a disk

`;

/** For the task's message: where to log in, and what the server must show to be the right one. */
export function howToLogIn(fingerprints: readonly string[], address: string): string {
  return `log in by ssh root@${address} with one of the keys; the host keys are ${fingerprints.join(', ')}`;
}
