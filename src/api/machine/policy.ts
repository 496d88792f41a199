import { z } from 'zod';
import { KernelArguments, ObjectName, Tag, Timestamp } from '../fields.ts';
import type { Machine } from './schema.ts';

/** An approval by an ApprovalPolicy: no controller writes what a person writes in `spec.approved`. */
export const Approval = z.object({
  policy: ObjectName.describe('The ApprovalPolicy that approved it.'),
  at: Timestamp.describe('When it did.'),
});
export type Approval = z.infer<typeof Approval>;

/** The NICs and disks of one inventory, by what they are known by, to compare the next one with. */
export const KnownHardware = z.object({
  collectedAt: Timestamp.describe('Of the inventory that it is taken from.'),
  nics: z.array(z.string().max(17)).max(64).describe('MAC addresses.'),
  disks: z.array(z.string().max(300)).max(512).describe('Serial number, WWN or path of each.'),
  change: z
    .object({
      collectedAt: Timestamp.describe('Of the inventory that it was first seen in.'),
      attempts: z.int().min(0).describe('commissioned.attempts at that moment.'),
      came: z.array(z.string().max(300)).max(64),
      went: z.array(z.string().max(300)).max(64),
    })
    .optional()
    .describe('What came and went, until somebody has taken note.'),
});
export type KnownHardware = z.infer<typeof KnownHardware>;

/** The fields of a Machine's status that follow from policies; `metalwright-machine-policy` writes them. */
export const policyStatus = {
  approval: Approval.optional().describe('Approved by a policy: counts as spec.approved does.'),
  tags: z
    .array(Tag)
    .max(256)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe('Tags whose expression is true of it. They count beside spec.tags.'),
  kernelArguments: z
    .array(KernelArguments.element)
    .max(256)
    .optional()
    .describe(
      'Of its Zone, its Pool and its tags, in this order, tags by name. spec.kernelArguments follow.',
    ),
  knownHardware: KnownHardware.optional().describe('What it was made of when that was last looked at.'),
  unreachableSince: Timestamp.optional().describe('Since when its BMC does not answer.'),
} as const;

/** The conditions that the same manager writes; every other manager of a Machine leaves them alone. */
export const policyConditions = [
  'Approved',
  'IdentityUnique',
  'HardwareChanged',
  'Reachable',
  'ZoneAndPoolFound',
] as const;
export type PolicyConditionType = (typeof policyConditions)[number];

type PolicyPart = Pick<Machine, 'spec' | 'status'>;

/** Whether it shares its MAC addresses and its SMBIOS UUID with no other, as far as is known. */
export function isUnique({ status }: PolicyPart): boolean {
  return !status?.conditions?.some(({ type, status: is }) => type === 'IdentityUnique' && is === 'False');
}

/** Its tags by hand and by expression, sorted, each once. */
export function effectiveTags({ spec, status }: PolicyPart): string[] {
  return [...new Set([...(spec.tags ?? []), ...(status?.tags ?? [])])].sort();
}

/** What is added to the kernel command line: of zone, pool and tags, then the machine's own. With the kernel the last one wins. */
export function effectiveKernelArguments({ spec, status }: PolicyPart): string[] {
  return [...(status?.kernelArguments ?? []), ...(spec.kernelArguments ?? [])];
}
