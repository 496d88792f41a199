import { z } from 'zod';
import { addressKey, notAbove } from '../crd/address-order.ts';
import { DomainName, sharedDhcpOptions } from '../dhcp-option.ts';
import {
  type CelRule,
  Cidr,
  Conditions,
  cel,
  IpAddress,
  immutable,
  ObjectName,
  ObservedGeneration,
} from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

const rangeFields = {
  start: IpAddress.describe('First address.'),
  end: IpAddress.describe('Last address, inclusive.'),
  comment: z.string().max(256).optional().describe('What the range is for.'),
};
const startsBeforeItEnds: CelRule = {
  rule: `[[${addressKey('self.start')}, ${addressKey('self.end')}]].all(k, ${notAbove('k[0]', 'k[1]')})`,
  message: 'start must not be above end',
  fieldPath: '.start',
};

export const AddressRange = z.object(rangeFields).meta(cel(startsBeforeItEnds));
export type AddressRange = z.infer<typeof AddressRange>;

/** A range whose clients may get DHCP options of their own. */
export const DynamicRange = z
  .object({
    ...rangeFields,
    dhcpOptions: sharedDhcpOptions(16)
      .optional()
      .describe('DHCP options for clients with an address of this range; they win over those of the Subnet.'),
  })
  .meta(cel(startsBeforeItEnds));
export type DynamicRange = z.infer<typeof DynamicRange>;

/** A route that machines on the subnet need beside the default one. */
export const StaticRoute = z.object({
  destination: Cidr.describe('The network that it leads to: 10.30.0.0/16.'),
  gateway: IpAddress.describe('The router, inside cidr.'),
});
export type StaticRoute = z.infer<typeof StaticRoute>;

const keysOf = (list: string): string => `${list}.map(r, [${addressKey('r.start')}, ${addressKey('r.end')}])`;
const sharesAddresses = `${notAbove('y[0]', 'x[1]')} && ${notAbove('x[0]', 'y[1]')}`;
const gatewayIsIn = `[${addressKey('self.gateway')}].exists(g, ${notAbove('x[0]', 'g')} && ${notAbove('g', 'x[1]')})`;

export const SubnetRanges = z
  .object({
    dynamic: z
      .array(DynamicRange)
      .max(16)
      .default([])
      .describe('DHCP leases from these to clients without an address of their own.'),
    reserved: z.array(AddressRange).max(64).default([]).describe('Never handed out by Metalwright.'),
  })
  .meta(
    cel({
      rule: `[${keysOf('self.dynamic')} + ${keysOf('self.reserved')}].all(all, all.all(x, all.filter(y, ${sharesAddresses}).size() <= 1))`,
      message: 'dynamic and reserved ranges must not overlap one another',
    }),
  );
export type SubnetRanges = z.infer<typeof SubnetRanges>;

const inside = (list: 'dynamic' | 'reserved'): CelRule => ({
  rule: `!isCIDR(self.cidr) || self.ranges.${list}.all(r, !isIP(r.start) || !isIP(r.end) || (cidr(self.cidr).containsIP(r.start) && cidr(self.cidr).containsIP(r.end)))`,
  message: `ranges.${list} must lie inside cidr`,
  fieldPath: `.ranges.${list}`,
});

export const SubnetSpec = z
  .object({
    vlan: ObjectName.meta(cel(immutable)).describe('The VLAN that carries the subnet. Immutable.'),
    cidr: Cidr.describe('The network, with its host bits zero: 10.0.0.0/24. Immutable.'),
    gateway: IpAddress.optional().describe(
      'Default router, inside cidr; for IPv6 also a link-local address. Default: none is announced.',
    ),
    dnsServers: z.array(IpAddress).max(8).default([]).describe('Name servers for machines, in order.'),
    ntpServers: z.array(IpAddress).max(8).default([]).describe('Time servers for machines.'),
    domainName: z
      .string()
      .max(253)
      .regex(/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/)
      .optional()
      .describe('DNS domain of machines: rack1.example.com.'),
    searchDomains: z
      .array(DomainName)
      .max(16)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe('Domains in which machines look names up, in order.'),
    staticRoutes: z
      .array(StaticRoute)
      .max(32)
      .optional()
      .describe(
        'Routes beside the default one. DHCP gives them with the default route, as clients then ignore gateway.',
      ),
    dhcpOptions: sharedDhcpOptions(32)
      .optional()
      .describe(
        'Further DHCPv4 options. Those of a range win over them, those of a Machine or an IPAddress over both.',
      ),
    ranges: SubnetRanges.default({ dynamic: [], reserved: [] }).describe(
      'Parts of the subnet that are not for machines with an address of their own.',
    ),
    managed: z
      .boolean()
      .default(true)
      .describe('Metalwright gives machines addresses from what no range covers.'),
    leaseSeconds: z
      .int()
      .min(60)
      .max(31536000)
      .default(3600)
      .describe('For how long DHCP leases an address, in seconds.'),
    bootDisabled: z.boolean().default(false).describe('Nobody boots over this subnet.'),
    description: z.string().max(1024).optional().describe('For people.'),
  })
  .meta(
    cel(
      { rule: 'self.cidr == oldSelf.cidr', message: 'is immutable', fieldPath: '.cidr' },
      {
        rule: '!has(self.gateway) || !isIP(self.gateway) || !isCIDR(self.cidr) || cidr(self.cidr).containsIP(self.gateway) || (ip(self.gateway).family() == 6 && cidr(self.cidr).ip().family() == 6 && ip(self.gateway).isLinkLocalUnicast())',
        message: 'gateway must lie inside cidr, or be an IPv6 link-local address',
        fieldPath: '.gateway',
      },
      inside('dynamic'),
      inside('reserved'),
      {
        rule: '!isCIDR(self.cidr) || !has(self.staticRoutes) || self.staticRoutes.all(r, !isIP(r.gateway) || cidr(self.cidr).containsIP(r.gateway))',
        message: 'the gateways of staticRoutes must lie inside cidr',
        fieldPath: '.staticRoutes',
      },
      {
        rule: "!has(self.staticRoutes) || self.staticRoutes.all(r, r.destination.contains(':') == self.cidr.contains(':'))",
        message: 'the destinations of staticRoutes must be of the family of cidr',
        fieldPath: '.staticRoutes',
      },
      {
        rule: "!has(self.dhcpOptions) || self.dhcpOptions.size() == 0 || !self.cidr.contains(':')",
        message: 'dhcpOptions are options of DHCPv4',
        fieldPath: '.dhcpOptions',
      },
      {
        rule: `!has(self.gateway) || ${keysOf('self.ranges.dynamic')}.all(x, !${gatewayIsIn})`,
        message: 'gateway must not lie in a dynamic range: a client would be given it',
        fieldPath: '.gateway',
      },
    ),
  );
export type SubnetSpec = z.infer<typeof SubnetSpec>;

export const SubnetStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
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
  dynamic: z
    .object({
      leases: z.int().min(0).describe('Addresses of dynamic ranges that somebody has, or was offered.'),
      utilisationPercent: z.int().min(0).max(100),
      summary: z
        .string()
        .max(1024)
        .optional()
        .describe('Range by range, for people: 10.0.0.200-10.0.0.239 12/40 (30%).'),
      ranges: z
        .array(
          z.object({
            start: IpAddress,
            end: IpAddress,
            size: z.int().min(0),
            leases: z.int().min(0),
            utilisationPercent: z.int().min(0).max(100),
            racks: z.array(z.string().max(253)).max(64).describe('Racks that hold slices of it.'),
          }),
        )
        .max(16)
        .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['start'] }),
    })
    .optional()
    .describe('How full the dynamic ranges of IPv4 are, as the racks say.'),
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
    { name: 'Used%', type: 'integer', jsonPath: '.status.addresses.utilisationPercent' },
    { name: 'Leases', type: 'integer', jsonPath: '.status.dynamic.leases' },
    { name: 'Leased%', type: 'integer', jsonPath: '.status.dynamic.utilisationPercent' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Gateway', type: 'string', jsonPath: '.spec.gateway', priority: 1 },
    { name: 'Assigned', type: 'integer', jsonPath: '.status.addresses.assigned', priority: 1 },
    { name: 'Free', type: 'string', jsonPath: '.status.addresses.free', priority: 1 },
    { name: 'Ranges', type: 'string', jsonPath: '.status.dynamic.summary', priority: 1 },
  ],
  selectableFields: ['.spec.vlan'],
});
