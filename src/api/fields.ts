import { z } from 'zod';

/** A rule that the API server itself enforces (`x-kubernetes-validations`). */
export interface CelRule {
  rule: string;
  message: string;
  fieldPath?: string;
  reason?: 'FieldValueInvalid' | 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate';
}

/** Metadata for {@link z.ZodType.meta}: CEL rules on the value. */
export function cel(...rules: CelRule[]): { 'x-kubernetes-validations': CelRule[] } {
  return { 'x-kubernetes-validations': rules };
}

/** A value that is set once and for good. */
export const immutable: CelRule = { rule: 'self == oldSelf', message: 'is immutable' };

/** Lower case, colon-separated: `52:54:00:12:34:56`. */
export const MacAddress = z
  .string()
  .max(17)
  .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
  .describe('MAC address, lower case, colon-separated: 52:54:00:12:34:56.');

/**
 * An IPv4 or IPv6 address in the one spelling that RFC 5952 gives it, so that equal addresses are equal texts.
 * As with every `.meta(cel(…))`, a further one on it replaces this one's rules.
 */
export const IpAddress = z
  .string()
  .max(39)
  .meta(
    cel({
      rule: 'isIP(self) && ip.isCanonical(self)',
      message: 'must be an IPv4 or IPv6 address in its canonical form, like 10.0.0.9 or fd00::9',
    }),
  );

/** A network in CIDR notation whose host bits are zero. */
export const Cidr = z
  .string()
  .max(43)
  .meta(
    cel({
      rule: 'isCIDR(self) && string(cidr(self).masked()) == self',
      message: 'must be a network in CIDR notation with its host bits zero, like 10.0.0.0/24 or fd00::/64',
    }),
  );

/** An RFC 1123 subdomain: the name of another object. */
export const ObjectName = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);

/** An RFC 1123 label. */
export const Label = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);

/** A tag of a machine: what a label's value may be. */
export const Tag = z
  .string()
  .min(1)
  .max(63)
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/);

/** A line of authorized_keys without options. */
export const SshPublicKey = z
  .string()
  .max(8192)
  .regex(
    /^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) [A-Za-z0-9+/=]+( [^\r\n]*)?$/,
  );

/** RFC 3339, UTC. */
export const Timestamp = z.string().max(35).meta({ format: 'date-time' });

/** `sha256:` and 64 lower-case hex digits. */
export const Digest = z
  .string()
  .max(71)
  .regex(/^sha256:[0-9a-f]{64}$/);

export const Architecture = z.enum(['amd64', 'arm64']).describe('CPU architecture, by its Debian name.');
export type Architecture = z.infer<typeof Architecture>;

export const FirmwareMode = z.enum(['BIOS', 'UEFI']).describe('Firmware mode.');
export type FirmwareMode = z.infer<typeof FirmwareMode>;

/** Words of a kernel command line; what a shell or a boot script could take for its own is refused. */
export const KernelArguments = z
  .array(
    z
      .string()
      .min(1)
      .max(256)
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.,:/=@%+-]*$/),
  )
  .max(64)
  .describe('Added to the kernel command line, one word an entry.');

/**
 * `metadata.generation` that a status is about. The API server fills in -1 in an object that has no status, so that kstatus
 * takes nothing for done that nobody has looked at.
 */
export const ObservedGeneration = z
  .int()
  .min(-1)
  .describe('metadata.generation that the status is about; -1: nobody has looked at the object yet.');

/** `metav1.Condition`. */
export const Condition = z.object({
  type: z.string().max(316).describe('What it is about: Ready, Reconciling, Stalled and others.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  observedGeneration: z.int().min(0).optional().describe('metadata.generation that it was found for.'),
  lastTransitionTime: Timestamp.describe('When status last changed.'),
  reason: z.string().min(1).max(1024).describe('Why, as one word for programs.'),
  message: z.string().max(32768).describe('Why, as a sentence for people.'),
});
export type Condition = z.infer<typeof Condition>;

export const Conditions = z
  .array(Condition)
  .max(32)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
  .describe('What holds of the object now. Wait for Ready.');
