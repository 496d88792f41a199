import { z } from 'zod';
import { ownDhcpOptions } from '../dhcp-option.ts';
import {
  Conditions,
  cel,
  IpAddress,
  immutable,
  Label,
  MacAddress,
  ObjectName,
  ObservedGeneration,
} from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const IpAddressSpec = z
  .object({
    address: IpAddress.describe('The address. Immutable.'),
    subnet: ObjectName.meta(cel(immutable)).describe('The Subnet that it lies in. Immutable.'),
    purpose: z
      .enum(['Auto', 'Static', 'Reserved', 'Discovered'])
      .describe(
        'Auto: chosen for a machine. Static: given by a person. Reserved: kept out of use. Discovered: seen in use.',
      ),
    mac: MacAddress.optional().describe('DHCP gives the address to this client.'),
    machine: ObjectName.optional().describe('The Machine that it belongs to.'),
    hostname: Label.optional().describe('The host name that DHCP gives with it.'),
    dhcpOptions: ownDhcpOptions(32)
      .optional()
      .describe(
        'DHCPv4 options for the client of this address; they win over those of its Machine and Subnet.',
      ),
    description: z.string().max(1024).optional().describe('For people.'),
  })
  .meta(
    cel(
      {
        rule: "self.purpose != 'Auto' || (has(self.machine) && has(self.mac))",
        message: 'an address of purpose Auto names its machine and mac',
      },
      { rule: 'self.address == oldSelf.address', message: 'is immutable', fieldPath: '.address' },
    ),
  );
export type IpAddressSpec = z.infer<typeof IpAddressSpec>;

export const IpAddressStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  conditions: Conditions.optional(),
});
export type IpAddressStatus = z.infer<typeof IpAddressStatus>;

export type IpAddressObject = CustomResource<IpAddressSpec, IpAddressStatus>;

/**
 * The name under which an address is reserved. The object's existence *is* the reservation: a second one of the same
 * name is refused by the API server. Colons are no part of a name, so IPv6 is written out in full with dashes.
 *
 * @param address canonical text: IPv4, or IPv6 with all eight groups of four digits
 */
export function ipAddressName(address: string): string {
  return address.replaceAll(':', '-');
}

export const ipAddressKind = defineKind<IpAddressObject>({
  plural: 'ipaddresses',
  singular: 'ipaddress',
  kind: 'IPAddress',
  shortNames: ['mwip'],
  namespaced: false,
  description: 'One address, reserved by the existence of this object, which is named after it.',
  properties: { spec: IpAddressSpec, status: IpAddressStatus },
  required: ['spec'],
  rules: [
    {
      rule: "self.metadata.name == self.spec.address || (self.metadata.name.matches('^([0-9a-f]{4}-){7}[0-9a-f]{4}$') && string(ip(self.metadata.name.replace('-', ':'))) == self.spec.address)",
      message:
        'metadata.name must be spec.address; for IPv6 all eight groups of four digits, with dashes for colons',
      fieldPath: '.spec.address',
    },
  ],
  printerColumns: [
    { name: 'Subnet', type: 'string', jsonPath: '.spec.subnet' },
    { name: 'Purpose', type: 'string', jsonPath: '.spec.purpose' },
    { name: 'Machine', type: 'string', jsonPath: '.spec.machine' },
    { name: 'MAC', type: 'string', jsonPath: '.spec.mac' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  selectableFields: ['.spec.subnet', '.spec.machine'],
});
