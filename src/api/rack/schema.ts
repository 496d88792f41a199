import { z } from 'zod';
import { Conditions, MacAddress, ObjectName, ObservedGeneration, Timestamp } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const rackServices = ['Dhcp4', 'Pxe', 'Tftp', 'Http', 'Https', 'Power'] as const;
export const RackService = z.enum(rackServices);
export type RackService = z.infer<typeof RackService>;

export const RackSpec = z.object({
  disabledServices: z
    .array(RackService)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .default([])
    .describe('Services that this rack does not run.'),
  interfaces: z
    .array(
      z.object({
        name: z.string().min(1).max(15).describe('Name of the interface on the node: eth1.'),
        vlan: ObjectName.describe('The VLAN that it is on.'),
      }),
    )
    .max(256)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .default([])
    .describe('Which VLAN an interface is on, where its address does not tell.'),
});
export type RackSpec = z.infer<typeof RackSpec>;

export const RackStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  version: z.string().max(63).optional(),
  lastSeen: Timestamp.optional(),
  httpUrl: z.string().max(256).optional(),
  adminUrl: z
    .string()
    .max(256)
    .optional()
    .describe('Where its admin endpoint listens: leases, metrics, and the consoles of machines.'),
  interfaces: z
    .array(
      z.object({
        name: z.string().max(15),
        mac: MacAddress,
        addresses: z.array(z.string().max(49)).max(32).describe('With prefix length.'),
        vlan: z.string().max(253).optional(),
        subnets: z.array(z.string().max(253)).max(32).optional(),
      }),
    )
    .max(256)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .optional(),
  services: z
    .array(
      z.object({
        name: RackService,
        state: z.enum(['Running', 'Disabled', 'Failed']),
        message: z.string().max(1024).optional(),
      }),
    )
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
    .optional(),
  vlans: z.array(z.string().max(253)).max(256).optional().describe('The VLANs that it serves.'),
  leases: z.int().min(0).optional().describe('Live leases of dynamic ranges.'),
  slices: z
    .array(
      z.object({
        subnet: z.string().max(253),
        start: z.string().max(15),
        end: z.string().max(15),
        state: z
          .enum(['Open', 'Blocked', 'Lapsed'])
          .describe(
            'Open: new leases are made of it. Blocked: taken over from another rack, whose leases have to end or be renewed first. Lapsed: could not be renewed.',
          ),
        leases: z.int().min(0).describe('Addresses that somebody has, or was offered.'),
      }),
    )
    .max(1024)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['subnet', 'start'] })
    .optional()
    .describe('The parts of dynamic ranges that this rack gives addresses out of.'),
  foreignDhcpServers: z
    .array(
      z.object({
        interface: z.string().max(15),
        vlan: z.string().max(253),
        address: z.string().max(15).describe('Its server identifier.'),
        mac: MacAddress.optional(),
        lastSeen: Timestamp,
      }),
    )
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['interface', 'address'] })
    .optional()
    .describe('DHCP servers that it hears and that are no racks.'),
  conditions: Conditions.optional(),
});
export type RackStatus = z.infer<typeof RackStatus>;

export type Rack = CustomResource<RackSpec, RackStatus>;

export const rackKind = defineKind<Rack>({
  plural: 'racks',
  singular: 'rack',
  kind: 'Rack',
  shortNames: ['mwrack'],
  namespaced: false,
  description: 'The boot and power services on one node, named after it.',
  properties: { spec: RackSpec, status: RackStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'URL', type: 'string', jsonPath: '.status.httpUrl' },
    { name: 'VLANs', type: 'string', jsonPath: '.status.vlans' },
    { name: 'Leases', type: 'integer', jsonPath: '.status.leases' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Seen', type: 'date', jsonPath: '.status.lastSeen', priority: 1 },
    { name: 'Version', type: 'string', jsonPath: '.status.version', priority: 1 },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].message',
      priority: 1,
    },
  ],
});
