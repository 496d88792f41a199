import type { z } from 'zod';

/**
 * What a driver can do beyond telling the state and turning the power on and off, which is what a cycle is made of. A test
 * holds these words against the driver itself.
 */
export const bmcCapabilities = {
  SoftOff: 'asks the operating system to switch the machine off',
  BootOnce: 'sets the boot device of the next boot',
  BootAlways: 'sets the boot device for good, until it is set again',
  UefiHttp: 'sets UEFI HTTP boot, with a URI where the BMC takes one',
  VirtualMedia: 'boots from an image that the BMC reads from a URL',
  Sensors: 'reads health, sensors and the event log',
  Console: 'opens the serial console',
  Enumerate: 'lists all nodes behind the address',
} as const;
export type BmcCapability = keyof typeof bmcCapabilities;

/** What a Machine has to say of its BMC for one driver. The CRD's rules, the rack's checks and the reference derive from it. */
export interface BmcDriver {
  /** What it drives, for a person: `DMTF Redfish`. */
  title: string;
  /** `Url`: a URL, or host and port. `LibvirtUri`: `qemu+ssh://…`. `None`: there is nothing to reach. */
  address: 'HostPort' | 'Url' | 'LibvirtUri' | 'None';
  /** Keys of the credentials Secret. Of those in `required` every one must be there. */
  secret: { required: readonly string[]; optional: readonly string[] };
  /** Beyond status, on and off. */
  can: readonly BmcCapability[];
  /** Parameters that exclude one another. */
  atMostOneOf?: readonly string[];
  /** Of `spec.bmc.parameters`: texts, all of them. */
  parameters: z.ZodObject<Record<string, z.ZodType<string | undefined, string | undefined>>>;
}

/** For drivers that log in with a user name and a password. */
export const userAndPassword = { required: ['username', 'password'], optional: [] } as const;
