import { z } from 'zod';
import { Conditions, ObservedGeneration } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const FabricSpec = z.object({ description: z.string().max(1024).optional().describe('For people.') });
export type FabricSpec = z.infer<typeof FabricSpec>;

export const FabricStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  vlans: z.int().min(0).optional().describe('How many VLANs it has.'),
  conditions: Conditions.optional(),
});
export type FabricStatus = z.infer<typeof FabricStatus>;

export type Fabric = CustomResource<FabricSpec, FabricStatus>;

export const fabricKind = defineKind<Fabric>({
  plural: 'fabrics',
  singular: 'fabric',
  kind: 'Fabric',
  shortNames: ['fab'],
  namespaced: false,
  description: 'Switches that reach each other: within a fabric, a VLAN id means one VLAN.',
  properties: { spec: FabricSpec, status: FabricStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'VLANs', type: 'integer', jsonPath: '.status.vlans' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Description', type: 'string', jsonPath: '.spec.description', priority: 1 },
  ],
});
