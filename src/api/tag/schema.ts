import { z } from 'zod';
import { Conditions, KernelArguments, ObservedGeneration } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const TagSpec = z.object({
  description: z.string().max(1024).optional().describe('For people.'),
  expression: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      'CEL over inventory (the hardware of a MachineInventory) and machine (name, architecture, zone, pool, tags, macAddresses, labels): machines of which it is true have the tag. Default: by hand alone, in spec.tags of machines.',
    ),
  kernelArguments: KernelArguments.optional(),
});
export type TagSpec = z.infer<typeof TagSpec>;

export const TagStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  machines: z
    .int()
    .min(0)
    .optional()
    .describe('How many machines have the tag, by hand or by its expression.'),
  failures: z
    .int()
    .min(0)
    .optional()
    .describe('Of how many machines the expression could not be worked out.'),
  conditions: Conditions.optional(),
});
export type TagStatus = z.infer<typeof TagStatus>;

/** Named after the tag. */
export type TagObject = CustomResource<TagSpec, TagStatus>;

export const tagKind = defineKind<TagObject>({
  plural: 'tags',
  singular: 'tag',
  kind: 'Tag',
  shortNames: ['mwtag'],
  namespaced: false,
  description:
    'A word for machines: what it means, which machines have it, and what it adds to their kernels.',
  properties: { spec: TagSpec, status: TagStatus },
  required: ['spec'],
  rules: [
    { rule: 'size(self.metadata.name) <= 63', message: 'metadata.name is the tag: at most 63 letters' },
  ],
  printerColumns: [
    { name: 'Machines', type: 'integer', jsonPath: '.status.machines' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Description', type: 'string', jsonPath: '.spec.description' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Expression', type: 'string', jsonPath: '.spec.expression', priority: 1 },
  ],
});
