import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { LabInstance } from '../instance.ts';

/** What a person chooses about a virtual machine. */
export interface MachineWish {
  /** Lower-case letters, digits and dashes. */
  name: string;
  firmware: 'bios' | 'uefi';
  /** Which virtual BMC it gets: virtualbmc for `ipmi`, sushy-tools for `redfish`. */
  bmc: 'ipmi' | 'redfish';
  /** Default 1536. */
  memoryMiB?: number;
  /** Size of its only disk, a sparse file. Default 4. */
  diskGiB?: number;
  /** Default 1: emulation of a second costs a quarter more processor time for one boot. */
  cpus?: number;
}

/** A virtual machine as it was defined; the laboratory keeps it as JSON. */
export const LabMachine = z.object({
  name: z.string(),
  firmware: z.enum(['bios', 'uefi']),
  bmc: z.enum(['ipmi', 'redfish']),
  memoryMiB: z.int(),
  diskGiB: z.int(),
  cpus: z.int(),
  /** libvirt's name for it. */
  domain: z.string(),
  uuid: z.string(),
  mac: z.string(),
  serial: z.string(),
  /** Raw image of its disk. */
  diskPath: z.string(),
  /** Everything that it wrote to its first serial port, since it was defined. */
  consolePath: z.string(),
  /** UEFI variables, for machines with UEFI. */
  nvramPath: z.string(),
});
export type LabMachine = z.infer<typeof LabMachine>;

/** Completes a wish. Names, addresses and paths follow from the instance and the machine's name alone. */
export function planMachine(instance: LabInstance, wish: MachineWish): LabMachine {
  const directory = join(instance.directory, 'machines');
  const hash = createHash('sha256').update(`metalwright/${instance.name}/${wish.name}`).digest('hex');
  return {
    name: wish.name,
    firmware: wish.firmware,
    bmc: wish.bmc,
    memoryMiB: wish.memoryMiB ?? 1536,
    diskGiB: wish.diskGiB ?? 4,
    cpus: wish.cpus ?? 1,
    domain: `metalwright-${instance.name}-${wish.name}`,
    uuid: formatUuid(hash),
    mac: `52:54:00:${hash.slice(32, 34)}:${hash.slice(34, 36)}:${hash.slice(36, 38)}`,
    serial: `MW${hash.slice(40, 48).toUpperCase()}`,
    diskPath: join(directory, `${wish.name}.img`),
    consolePath: join(directory, `${wish.name}.console.log`),
    nvramPath: join(directory, `${wish.name}.nvram`),
  };
}

function formatUuid(hex: string): string {
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
