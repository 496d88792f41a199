import { z } from 'zod';
import { Conditions, cel, Label, ObjectName, ObservedGeneration, Timestamp } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

const Amount = z.int().min(0).max(2147483647);

/** What a quota counts. */
export const Amounts = z.object({
  machines: Amount.optional().describe('Machines.'),
  cores: Amount.optional().describe('Physical cores of those machines.'),
  memoryMiB: Amount.optional().describe('Memory of those machines.'),
});
export type Amounts = z.infer<typeof Amounts>;

export const AllocationQuotaSpec = z.object({
  description: z.string().max(1024).optional().describe('For people.'),
  pool: Label.optional().describe('Counts and limits machines of this pool alone. Default: of all pools.'),
  limits: Amounts.meta(
    cel({
      rule: 'has(self.machines) || has(self.cores) || has(self.memoryMiB)',
      message: 'limits names at least one of machines, cores, memoryMiB',
    }),
  ).describe('How much the Allocations of the namespace may hold together.'),
});
export type AllocationQuotaSpec = z.infer<typeof AllocationQuotaSpec>;

export const AllocationQuotaStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  used: Amounts.optional().describe('What the Allocations of the namespace hold now.'),
  grants: z
    .array(
      z.object({
        allocation: ObjectName,
        uid: z.string().max(36),
        machine: ObjectName,
        resourceVersion: z
          .string()
          .max(64)
          .optional()
          .describe(
            'The version of the Allocation that may get the machine. The grant ends with that version.',
          ),
        at: Timestamp,
      }),
    )
    .max(256)
    .optional()
    .describe(
      'Machines that were granted just now: written, conditionally, before an Allocation gets its machine.',
    ),
  conditions: Conditions.optional(),
});
export type AllocationQuotaStatus = z.infer<typeof AllocationQuotaStatus>;

export type AllocationQuota = CustomResource<AllocationQuotaSpec, AllocationQuotaStatus>;

export const allocationQuotaKind = defineKind<AllocationQuota>({
  plural: 'allocationquotas',
  singular: 'allocationquota',
  kind: 'AllocationQuota',
  shortNames: ['allocquota'],
  namespaced: true,
  description: 'How much the Allocations of a namespace may hold. Every quota that applies must have room.',
  properties: { spec: AllocationQuotaSpec, status: AllocationQuotaStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Pool', type: 'string', jsonPath: '.spec.pool' },
    { name: 'Machines', type: 'integer', jsonPath: '.status.used.machines' },
    { name: 'Of', type: 'integer', jsonPath: '.spec.limits.machines' },
    { name: 'Cores', type: 'integer', jsonPath: '.status.used.cores' },
    { name: 'Of cores', type: 'integer', jsonPath: '.spec.limits.cores' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
