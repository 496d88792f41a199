import { z } from 'zod';
import {
  Architecture,
  Conditions,
  cel,
  IpAddress,
  Label,
  ObjectName,
  ObservedGeneration,
  SshPublicKey,
  Tag,
  Timestamp,
} from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const Constraints = z
  .object({
    architecture: Architecture.optional().describe("CPU architecture. Default: the image's."),
    cores: z.int().min(1).max(65536).optional().describe('At least so many physical cores.'),
    memoryMiB: z.int().min(1).max(1073741824).optional().describe('At least so much memory.'),
    nics: z.int().min(1).max(64).optional().describe('At least so many network interfaces.'),
    disks: z
      .array(
        z.object({
          count: z.int().min(1).max(128).default(1).describe('How many disks of this sort.'),
          minSizeBytes: z.int().min(0).optional().describe('Each at least so large, in bytes.'),
          kind: z.enum(['HDD', 'SSD', 'NVMe']).optional().describe('Each of this kind. Default: any.'),
        }),
      )
      .max(16)
      .optional()
      .describe('Disks that the machine must have; a disk counts for one entry only.'),
    tags: z
      .array(Tag)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe('Tags that the machine must have, every one.'),
    notTags: z
      .array(Tag)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe('Tags that the machine must not have, not one.'),
    zone: Label.optional().describe('A machine of this zone.'),
    pool: Label.optional().describe('A machine of this pool.'),
    machine: ObjectName.optional().describe('This machine and no other.'),
  })
  .meta(
    cel({
      rule: '!has(self.tags) || !has(self.notTags) || !self.tags.exists(tag, tag in self.notTags)',
      message: 'a tag must not be in both tags and notTags: no machine could match',
      fieldPath: '.notTags',
    }),
  );
export type Constraints = z.infer<typeof Constraints>;

export const AllocationSpec = z
  .object({
    image: ObjectName.describe('The BootImage to install, of purpose Disk. Immutable.'),
    constraints: Constraints.default({}).describe(
      'What the machine must be. The smallest that fits is taken. Immutable.',
    ),
    hostname: Label.optional().describe("Default: the Allocation's name."),
    sshKeys: z
      .array(SshPublicKey)
      .max(64)
      .default([])
      .describe('Public keys, in authorized_keys format, of those who may log in.'),
    userDataSecret: ObjectName.optional().describe(
      "Name of a Secret in the Allocation's namespace whose key userData is given to cloud-init.",
    ),
    erase: z
      .enum(['None', 'Quick', 'Full'])
      .default('Quick')
      .describe('What happens to the disks on release. None keeps them, for a rescue of data.'),
    powerState: z
      .enum(['On', 'Off'])
      .optional()
      .describe(
        'Whether the deployed machine shall be on. Given to its BMC when it changes; Off asks the OS first. Default: On.',
      ),
    priority: z
      .int()
      .min(-1000)
      .max(1000)
      .default(0)
      .describe('Who is served first when machines are short.'),
  })
  .meta(
    cel(
      {
        rule: 'self.image == oldSelf.image',
        message: 'is immutable: delete the Allocation to install anew',
        fieldPath: '.image',
      },
      {
        rule: 'self.constraints == oldSelf.constraints',
        message: 'is immutable: the machine has been chosen by them',
        fieldPath: '.constraints',
      },
    ),
  );
export type AllocationSpec = z.infer<typeof AllocationSpec>;

export const AllocationStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  phase: z
    .enum(['Pending', 'Bound', 'Deploying', 'Deployed', 'Failed', 'Releasing'])
    .optional()
    .describe('How far it has come.'),
  machine: ObjectName.optional().describe('The Machine that was chosen.'),
  machineUid: z.string().max(36).optional().describe('metadata.uid of that Machine.'),
  addresses: z.array(IpAddress).max(32).optional().describe('Addresses of the machine.'),
  powerState: z.enum(['On', 'Off', 'Unknown']).optional().describe('Of the machine, as its BMC last said.'),
  boundAt: Timestamp.optional().describe('When the machine was claimed.'),
  deployedAt: Timestamp.optional().describe('When the installed OS first called home.'),
  conditions: Conditions.optional(),
  unmatched: z
    .array(
      z.object({
        constraint: z.string().max(128).describe('The constraint, as memoryMiB >= 65536.'),
        removed: z.int().min(0).describe('How many machines it took out.'),
        message: z.string().max(256).describe('The same as a sentence.'),
      }),
    )
    .max(32)
    .optional()
    .describe('Why nothing matched: how many machines each constraint took out.'),
});
export type AllocationStatus = z.infer<typeof AllocationStatus>;

export type Allocation = CustomResource<AllocationSpec, AllocationStatus>;

export const allocationKind = defineKind<Allocation>({
  plural: 'allocations',
  singular: 'allocation',
  kind: 'Allocation',
  shortNames: ['alloc'],
  namespaced: true,
  description: 'A machine that fits, installed with an image, for as long as the object lives.',
  properties: { spec: AllocationSpec, status: AllocationStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Machine', type: 'string', jsonPath: '.status.machine' },
    { name: 'Address', type: 'string', jsonPath: '.status.addresses[0]' },
    { name: 'Image', type: 'string', jsonPath: '.spec.image' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].message',
      priority: 1,
    },
  ],
  selectableFields: ['.status.phase', '.status.machine'],
});
