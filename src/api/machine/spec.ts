import { z } from 'zod';
import { Bmc } from '../bmc/schema.ts';
import { BmcSetupSpec } from '../bmc/setup.ts';
import { ownDhcpOptions } from '../dhcp-option.ts';
import {
  Architecture,
  cel,
  FirmwareMode,
  immutable,
  KernelArguments,
  Label,
  MacAddress,
  Tag,
} from '../fields.ts';

/** Which disk to install to: every hint that is given must match. */
export const RootDiskHints = z.object({
  deviceName: z
    .string()
    .max(64)
    .regex(/^\/dev\/[A-Za-z0-9/._:-]+$/)
    .optional()
    .describe(
      'Device or a link to it: /dev/sda, /dev/disk/by-path/…. Names like sda may change between boots.',
    ),
  serial: z.string().max(128).optional().describe('Serial number, as in the MachineInventory.'),
  wwn: z.string().max(64).optional().describe('World Wide Name, as in the MachineInventory.'),
  model: z.string().max(128).optional().describe('Model, as in the MachineInventory.'),
  vendor: z.string().max(128).optional().describe('Vendor, as in the MachineInventory.'),
  minSizeBytes: z.int().min(0).optional().describe('At least so large, in bytes.'),
  rotational: z.boolean().optional().describe('true: a disk that spins; false: one that does not.'),
  pciAddress: z.string().max(16).optional().describe('PCI address of its controller: 0000:03:00.0.'),
});
export type RootDiskHints = z.infer<typeof RootDiskHints>;

export const bootMethods = ['Network', 'UefiHttp', 'VirtualMedia'] as const;

/** How a machine comes by the ephemeral OS. */
export const MachineBoot = z
  .object({
    method: z
      .enum(bootMethods)
      .default('Network')
      .describe(
        'Network: as its firmware boots from the network. UefiHttp: by UEFI HTTP boot, with the address given by Redfish where the BMC takes one. VirtualMedia: from an ISO made for it, through Redfish; no DHCP is needed.',
      ),
    macAddress: MacAddress.optional().describe(
      'VirtualMedia: the interface that the ephemeral OS talks through. Default: the first of macAddresses that has an IPAddress, else the first.',
    ),
    taggedVlan: z
      .boolean()
      .default(false)
      .describe('VirtualMedia: that interface is on a trunk, where frames of the VLAN carry its tag.'),
  })
  .describe('How the machine comes by the ephemeral OS. Default: over the network.');
export type MachineBoot = z.infer<typeof MachineBoot>;

export const MachineSpec = z.object({
  macAddresses: z
    .array(MacAddress)
    .min(1)
    .max(32)
    .meta({
      'x-kubernetes-list-type': 'set',
      ...cel({
        rule: 'oldSelf.all(mac, mac in self)',
        message: 'a MAC address of a machine is its identity: addresses may be added, not taken away',
      }),
    })
    .describe('The MAC addresses that it may boot from. A machine is known by them.'),
  architecture: Architecture.meta(cel(immutable)).describe(
    'CPU architecture, by its Debian name. Immutable.',
  ),
  bmc: Bmc.optional().describe(
    "The machine's power controller: how it is spoken to and where. Without one, a person powers the machine.",
  ),
  bmcSetup: BmcSetupSpec.optional().describe(
    "How the BMC is set up while the machine is commissioned. Default: the operator's configuration, for machines that enlisted without spec.bmc.",
  ),
  approved: z
    .boolean()
    .default(false)
    .describe('May be commissioned and used. A machine that enlisted itself waits for this.'),
  quarantined: z
    .boolean()
    .optional()
    .describe('Not approved, whatever spec.approved and policies say: it gets nothing that holds a secret.'),
  zone: Label.default('default').describe(
    'Where it stands, as far as failures go: an Allocation may ask for a zone.',
  ),
  pool: Label.default('default').describe('Whom it is for: an Allocation may ask for a pool.'),
  tags: z
    .array(Tag)
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .default([])
    .describe('Words that an Allocation may ask for, or against.'),
  bootMode: FirmwareMode.optional().describe(
    'Firmware mode for network boots. Default: as it was last seen.',
  ),
  boot: MachineBoot.optional(),
  kernelArguments: KernelArguments.optional(),
  rootDisk: RootDiskHints.optional().describe(
    'Which disk to install to. Default: the smallest that holds the image.',
  ),
  dhcpOptions: ownDhcpOptions(32)
    .optional()
    .describe('DHCPv4 options for this machine; they win over those of its Subnet.'),
  locked: z.boolean().default(false).describe('Refuses every action until unlocked.'),
  maintenance: z.boolean().default(false).describe('Takes no new Allocation.'),
});
export type MachineSpec = z.infer<typeof MachineSpec>;
