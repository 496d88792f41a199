import { z } from 'zod';
import { Cidr, Conditions, cel, IpAddress, immutable, ObjectName } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const AddressRange = z.object({
  start: IpAddress,
  end: IpAddress.describe('Inclusive.'),
  comment: z.string().max(256).optional(),
});
export type AddressRange = z.infer<typeof AddressRange>;

export const SubnetSpec = z
  .object({
    vlan: ObjectName.meta(cel(immutable)),
    cidr: Cidr,
    gateway: IpAddress.optional(),
    dnsServers: z.array(IpAddress).max(8).default([]),
    ntpServers: z.array(IpAddress).max(8).default([]),
    domainName: z
      .string()
      .max(253)
      .regex(/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/)
      .optional(),
    ranges: z
      .object({
        dynamic: z
          .array(AddressRange)
          .max(16)
          .default([])
          .describe('For clients without an address of their own.'),
        reserved: z.array(AddressRange).max(64).default([]).describe('Never handed out by Metalwright.'),
      })
      .default({ dynamic: [], reserved: [] }),
    managed: z
      .boolean()
      .default(true)
      .describe('Metalwright gives machines addresses from what no range covers.'),
    leaseSeconds: z.int().min(60).max(31536000).default(3600),
    bootDisabled: z.boolean().default(false).describe('Nobody boots over this subnet.'),
    description: z.string().max(1024).optional(),
  })
  .meta(cel({ rule: 'self.cidr == oldSelf.cidr', message: 'is immutable', fieldPath: '.cidr' }));
export type SubnetSpec = z.infer<typeof SubnetSpec>;

export const SubnetStatus = z.object({
  observedGeneration: z.int().min(0).optional(),
  addresses: z
    .object({
      total: z.string().max(40).describe('Usable addresses, a decimal number.'),
      assigned: z.int().min(0),
      dynamic: z.string().max(40),
      reserved: z.string().max(40),
      free: z.string().max(40).describe('Left for machines.'),
      utilisationPercent: z.int().min(0).max(100),
    })
    .optional(),
  conditions: Conditions.optional(),
});
export type SubnetStatus = z.infer<typeof SubnetStatus>;

export type Subnet = CustomResource<SubnetSpec, SubnetStatus>;

export const subnetKind = defineKind<Subnet>({
  plural: 'subnets',
  singular: 'subnet',
  kind: 'Subnet',
  shortNames: ['mwsub'],
  namespaced: false,
  description: 'A network on a VLAN, and who gets which of its addresses.',
  properties: { spec: SubnetSpec, status: SubnetStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'CIDR', type: 'string', jsonPath: '.spec.cidr' },
    { name: 'VLAN', type: 'string', jsonPath: '.spec.vlan' },
    { name: 'Gateway', type: 'string', jsonPath: '.spec.gateway' },
    { name: 'Assigned', type: 'integer', jsonPath: '.status.addresses.assigned' },
    { name: 'Free', type: 'string', jsonPath: '.status.addresses.free' },
    { name: 'Used%', type: 'integer', jsonPath: '.status.addresses.utilisationPercent' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  selectableFields: ['.spec.vlan'],
});
