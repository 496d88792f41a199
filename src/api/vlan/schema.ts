import { z } from 'zod';
import {
  Conditions,
  cel,
  immutable,
  MacAddress,
  ObjectName,
  ObservedGeneration,
  Timestamp,
} from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const dhcpModes = ['Server', 'Proxy', 'None'] as const;
/** What racks do on a VLAN: give addresses and boot files; boot files alone, beside another server; nothing. */
export type DhcpMode = (typeof dhcpModes)[number];

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
    .object({
      enabled: z
        .boolean()
        .default(true)
        .describe('Racks answer DHCP, so that machines boot. false is mode None, whatever mode says.'),
      mode: z
        .enum(dhcpModes)
        .default('Server')
        .describe(
          'Server: addresses and boot files. Proxy: boot files alone, beside a DHCP server that gives the addresses. None: nothing.',
        ),
      relayFrom: z
        .array(
          z
            .string()
            .min(7)
            .max(18)
            .regex(/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/),
        )
        .max(64)
        .meta({ 'x-kubernetes-list-type': 'set' })
        .default([])
        .describe(
          "DHCP relay agents that serve the VLAN: IPv4 addresses or CIDRs. Named, they are the only ones that may, also from addresses outside the VLAN's Subnets. Empty: any relay with an address in one of the Subnets.",
        ),
    })
    .default({ enabled: true, mode: 'Server', relayFrom: [] })
    .describe('Whether and how racks answer DHCP on it.'),
  space: ObjectName.optional().describe('The Space that it is part of.'),
  description: z.string().max(1024).optional().describe('For people.'),
});
export type VlanSpec = z.infer<typeof VlanSpec>;

export const VlanStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  subnets: z.int().min(0).optional().describe('How many Subnets it carries.'),
  racks: z.array(z.string().max(253)).max(256).optional().describe('Racks that have an interface on it.'),
  foreignServers: z
    .array(
      z.object({
        address: z.string().max(15).describe('Its server identifier.'),
        mac: MacAddress.optional().describe('Where it was heard without a relay.'),
        rack: z.string().max(253).describe('The rack that heard it last.'),
        lastSeen: Timestamp.describe('Brought up to date every few minutes.'),
      }),
    )
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['address'] })
    .optional()
    .describe('DHCP servers on it that are no racks.'),
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
    { name: 'VID', type: 'integer', jsonPath: '.spec.vid' },
    { name: 'DHCP', type: 'boolean', jsonPath: '.spec.dhcp.enabled' },
    { name: 'Mode', type: 'string', jsonPath: '.spec.dhcp.mode' },
    { name: 'Racks', type: 'string', jsonPath: '.status.racks' },
    { name: 'Foreign', type: 'string', jsonPath: '.status.foreignServers[*].address' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Fabric', type: 'string', jsonPath: '.spec.fabric', priority: 1 },
    { name: 'Subnets', type: 'integer', jsonPath: '.status.subnets', priority: 1 },
    { name: 'MTU', type: 'integer', jsonPath: '.spec.mtu', priority: 1 },
  ],
  selectableFields: ['.spec.fabric'],
});

/** The mode that counts: `enabled: false` switches everything off. */
export function dhcpModeOf({ dhcp }: Pick<VlanSpec, 'dhcp'>): DhcpMode {
  return dhcp.enabled ? (dhcp.mode ?? 'Server') : 'None';
}
