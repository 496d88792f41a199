import type { z } from 'zod';

/** What a Machine has to say of its BMC for one driver. The CRD's rules, the rack's checks and the reference derive from it. */
export interface BmcDriver {
  /** What it drives, for a person: `DMTF Redfish`. */
  title: string;
  /** `Url`: a URL, or host and port. `LibvirtUri`: `qemu+ssh://…`. `None`: there is nothing to reach. */
  address: 'HostPort' | 'Url' | 'LibvirtUri' | 'None';
  /** Keys of the credentials Secret. Of those in `required` every one must be there. */
  secret: { required: readonly string[]; optional: readonly string[] };
  /** Parameters that exclude one another. */
  atMostOneOf?: readonly string[];
  /** Of `spec.bmc.parameters`: texts, all of them. */
  parameters: z.ZodObject<Record<string, z.ZodType<string | undefined, string | undefined>>>;
}

/** For drivers that log in with a user name and a password. */
export const userAndPassword = { required: ['username', 'password'], optional: [] } as const;
