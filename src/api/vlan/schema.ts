import { z } from 'zod';
import { Conditions, cel, immutable, ObjectName } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const VlanSpec = z.object({
  fabric: ObjectName.meta(cel(immutable)).describe('The Fabric that it belongs to. Immutable.'),
  vid: z
    .int()
    .min(0)
    .max(4094)
    .meta(cel(immutable))
    .describe('802.1Q VLAN id; 0 is the untagged VLAN. Immutable.'),
  mtu: z.int().min(576).max(9216).default(1500).describe('Bytes.'),
  dhcp: z
    .object({ enabled: z.boolean().default(true).describe('Racks answer DHCP, so that machines boot.') })
    .default({ enabled: true })
    .describe('Whether racks answer DHCP on it.'),
  space: ObjectName.optional().describe('The Space that it is part of.'),
  description: z.string().max(1024).optional().describe('For people.'),
});
export type VlanSpec = z.infer<typeof VlanSpec>;

export const VlanStatus = z.object({
  observedGeneration: z.int().min(0).optional(),
  subnets: z.int().min(0).optional().describe('How many Subnets it carries.'),
  racks: z.array(z.string().max(253)).max(256).optional().describe('Racks that have an interface on it.'),
  conditions: Conditions.optional(),
});
export type VlanStatus = z.infer<typeof VlanStatus>;

export type Vlan = CustomResource<VlanSpec, VlanStatus>;

export const vlanKind = defineKind<Vlan>({
  plural: 'vlans',
  singular: 'vlan',
  kind: 'VLAN',
  shortNames: ['mwvlan'],
  namespaced: false,
  description: 'One broadcast domain in a fabric.',
  properties: { spec: VlanSpec, status: VlanStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Fabric', type: 'string', jsonPath: '.spec.fabric' },
    { name: 'VID', type: 'integer', jsonPath: '.spec.vid' },
    { name: 'MTU', type: 'integer', jsonPath: '.spec.mtu' },
    { name: 'DHCP', type: 'boolean', jsonPath: '.spec.dhcp.enabled' },
    { name: 'Subnets', type: 'integer', jsonPath: '.status.subnets' },
    { name: 'Racks', type: 'string', jsonPath: '.status.racks' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  selectableFields: ['.spec.fabric'],
});
