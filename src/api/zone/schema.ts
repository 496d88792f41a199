import { z } from 'zod';
import { Conditions, KernelArguments, ObservedGeneration } from '../fields.ts';
import { defineKind, type KindDefinition } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

/** The Zone and the Pool that a machine is in when nobody says otherwise; the operator makes them. */
export const defaultGroup = 'default';

/** What a Zone and a Pool have alike. */
export const GroupSpec = z.object({
  description: z.string().max(1024).optional().describe('For people.'),
  kernelArguments: KernelArguments.optional(),
});
export type GroupSpec = z.infer<typeof GroupSpec>;

export const GroupStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  machines: z.int().min(0).optional().describe('How many machines it has.'),
  available: z.int().min(0).optional().describe('How many of them an Allocation could have now.'),
  phases: z
    .array(z.object({ phase: z.string().max(64), machines: z.int().min(0) }))
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['phase'] })
    .optional()
    .describe('How many machines are in each phase.'),
  conditions: Conditions.optional(),
});
export type GroupStatus = z.infer<typeof GroupStatus>;

export type Zone = CustomResource<GroupSpec, GroupStatus>;

type Names = Pick<KindDefinition<Zone>, 'plural' | 'singular' | 'kind' | 'shortNames' | 'description'>;

/** A kind that machines name in their spec: a Zone, a Pool. */
export function defineGroup(names: Names): KindDefinition<Zone> {
  return defineKind<Zone>({
    ...names,
    namespaced: false,
    properties: { spec: GroupSpec, status: GroupStatus },
    required: ['spec'],
    rules: [
      {
        rule: 'size(self.metadata.name) <= 63 && !self.metadata.name.contains(".")',
        message: 'metadata.name must be a label of at most 63 letters without dots: machines name it',
      },
    ],
    printerColumns: [
      { name: 'Machines', type: 'integer', jsonPath: '.status.machines' },
      { name: 'Available', type: 'integer', jsonPath: '.status.available' },
      { name: 'Description', type: 'string', jsonPath: '.spec.description' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  });
}

export const zoneKind = defineGroup({
  plural: 'zones',
  singular: 'zone',
  kind: 'Zone',
  shortNames: ['mwzone'],
  description: 'Where machines stand, as far as failures go: what fails together is one zone.',
});
