import { z } from 'zod';
import { Bmc } from '../bmc/schema.ts';
import { ownDhcpOptions } from '../dhcp-option.ts';
import {
  Architecture,
  Conditions,
  cel,
  FirmwareMode,
  IpAddress,
  immutable,
  KernelArguments,
  Label,
  MacAddress,
  ObjectName,
  Tag,
  Timestamp,
} from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

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
  approved: z
    .boolean()
    .default(false)
    .describe('May be commissioned and used. A machine that enlisted itself waits for this.'),
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

export const machinePhases = [
  'Enlisting',
  'New',
  'Commissioning',
  'CommissioningFailed',
  'Ready',
  'Allocated',
  'Deploying',
  'DeploymentFailed',
  'Deployed',
  'Releasing',
  'ReleaseFailed',
  'Erasing',
  'EraseFailed',
  'Broken',
] as const;
export const MachinePhase = z.enum(machinePhases);
export type MachinePhase = z.infer<typeof MachinePhase>;

/** What the scheduler matches and a person sees at a glance; the whole tree is the MachineInventory. */
export const HardwareSummary = z.object({
  vendor: z.string().max(128).optional(),
  product: z.string().max(128).optional(),
  serial: z.string().max(128).optional(),
  systemUuid: z.string().max(36).optional(),
  firmware: FirmwareMode.optional(),
  cores: z.int().min(0).describe('Physical cores.'),
  threads: z.int().min(0),
  memoryMiB: z.int().min(0),
  nics: z.int().min(0),
  disks: z
    .array(
      z.object({
        name: z.string().max(64),
        sizeBytes: z.int().min(0),
        kind: z.enum(['HDD', 'SSD', 'NVMe']),
      }),
    )
    .max(128),
});
export type HardwareSummary = z.infer<typeof HardwareSummary>;

export const powerStates = ['On', 'Off', 'Unknown'] as const;

/** The operator's wish to a BMC, written before anything is done: the fence of every power action. */
export const PowerRequest = z.object({
  id: z.string().max(128),
  action: z.enum(['On', 'Off', 'Cycle']),
  boot: z.enum(['Network', 'UefiHttp', 'Disk']).optional(),
  requestedAt: Timestamp,
});
export type PowerRequest = z.infer<typeof PowerRequest>;

/** A rack's account of a power request: claimed before the first effect, and ended with an outcome. */
export const PowerResult = z.object({
  id: z.string().max(128).describe('The id of the request.'),
  rack: z.string().max(253),
  step: z
    .enum(['Off', 'BootDevice', 'On'])
    .optional()
    .describe('The step under way, recorded before its effect.'),
  outcome: z.enum(['Running', 'Succeeded', 'Failed']),
  reason: z.string().max(64).optional(),
  message: z.string().max(1024).optional(),
  startedAt: Timestamp,
  finishedAt: Timestamp.optional(),
});
export type PowerResult = z.infer<typeof PowerResult>;

/** What the machine shall do when it boots. A boot generation is used once. */
export const BootIntent = z.object({
  generation: z.int().min(0),
  target: z.enum(['Disk', 'EphemeralOS']),
  expiresAt: Timestamp.optional().describe('After this moment no boot token is issued.'),
});
export type BootIntent = z.infer<typeof BootIntent>;

export const bootStages = ['Dhcp', 'Loader', 'Kernel', 'Agent', 'PhonedHome', 'Finished'] as const;

/** The furthest that racks saw the machine come in a boot generation. */
export const BootProgress = z.object({
  generation: z.int().min(0),
  stage: z.enum(bootStages),
  at: Timestamp,
  rack: z.string().max(253),
  mac: MacAddress.optional(),
  vlan: z.string().max(253).optional(),
  subnet: z.string().max(253).optional(),
  address: IpAddress.optional(),
  architecture: z.int().optional().describe('Client system architecture type, DHCP option 93.'),
});
export type BootProgress = z.infer<typeof BootProgress>;

export const TaskIntent = z.object({
  id: z.string().max(128),
  generation: z.int().min(0).describe('The boot generation that carries it out.'),
  kind: z.enum(['Inventory', 'Install', 'Erase']),
  image: ObjectName.optional().describe('Install: the BootImage.'),
  secret: ObjectName.optional().describe('Install: the Secret that holds the seed.'),
  erase: z.enum(['Quick', 'Full']).optional(),
});
export type TaskIntent = z.infer<typeof TaskIntent>;

/** What the agent last said of its task. */
export const TaskResult = z.object({
  id: z.string().max(128),
  outcome: z.enum(['Running', 'Succeeded', 'Failed']),
  step: z.string().max(128).optional(),
  percent: z.int().min(0).max(100).optional(),
  reason: z.string().max(64).optional(),
  message: z.string().max(1024).optional(),
  updatedAt: Timestamp.describe('When the agent was last heard.'),
});
export type TaskResult = z.infer<typeof TaskResult>;

export const AllocationReference = z.object({
  namespace: Label,
  name: ObjectName,
  uid: z.string().max(36),
});
export type AllocationReference = z.infer<typeof AllocationReference>;

export const MachineStatus = z.object({
  observedGeneration: z.int().min(0).optional(),
  phase: MachinePhase.optional().describe('Where it is in its life.'),
  phaseSince: Timestamp.optional().describe('When it came into the phase.'),
  step: z
    .string()
    .max(64)
    .optional()
    .describe('Where within the phase: a name of the phase file that acts on it.'),
  stepSince: Timestamp.optional().describe('When it came to the step.'),
  conditions: Conditions.optional(),
  failure: z
    .object({ reason: z.string().max(64), message: z.string().max(2048) })
    .optional()
    .describe('Why the machine is in a failed phase.'),
  hardware: HardwareSummary.optional().describe(
    'What it is made of, in short. The MachineInventory of the same name has it all.',
  ),
  powerState: z.enum(powerStates).optional().describe('As its BMC last said.'),
  addresses: z
    .array(z.object({ address: IpAddress, mac: MacAddress.optional(), subnet: z.string().max(253) }))
    .max(32)
    .optional()
    .describe('Its IP addresses.'),
  allocation: AllocationReference.optional().describe('The Allocation that holds the machine.'),
  release: z
    .object({ allocationUid: z.string().max(36), erase: z.enum(['None', 'Quick', 'Full']) })
    .optional()
    .describe('Taken over from the Allocation when it went.'),
  boot: BootIntent.optional().describe('What it shall do when it next boots.'),
  bootProgress: BootProgress.optional().describe('How far racks saw it come in its last network boot.'),
  task: TaskIntent.optional().describe('What the agent on it shall do.'),
  taskResult: TaskResult.optional().describe('What the agent last said of its task.'),
  power: z
    .object({
      request: PowerRequest.optional().describe('What its BMC shall do.'),
      result: PowerResult.optional().describe('What a rack made of it.'),
    })
    .optional()
    .describe('The last order to its BMC.'),
  action: z
    .object({
      name: ObjectName,
      uid: z.string().max(36),
      outcome: z.enum(['Running', 'Succeeded', 'Failed', 'Refused']),
      message: z.string().max(1024),
    })
    .optional()
    .describe('The last MachineAction that was taken up.'),
  commissioned: z
    .object({ attempts: z.int().min(0), lastAt: Timestamp.optional() })
    .optional()
    .describe('How often it was commissioned, and when last.'),
  phoneHomeTokenHash: z
    .string()
    .max(64)
    .optional()
    .describe('SHA-256, lower-case hex, of the token of this deployment.'),
});
export type MachineStatus = z.infer<typeof MachineStatus>;

export type Machine = CustomResource<MachineSpec, MachineStatus>;

export const machineKind = defineKind<Machine>({
  plural: 'machines',
  singular: 'machine',
  kind: 'Machine',
  shortNames: ['mwm'],
  namespaced: false,
  description: 'One physical or virtual server, known by its MAC addresses.',
  properties: { spec: MachineSpec, status: MachineStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Power', type: 'string', jsonPath: '.status.powerState' },
    { name: 'Allocation', type: 'string', jsonPath: '.status.allocation.name' },
    { name: 'Cores', type: 'integer', jsonPath: '.status.hardware.cores' },
    { name: 'Memory', type: 'integer', jsonPath: '.status.hardware.memoryMiB', description: 'MiB' },
    { name: 'Address', type: 'string', jsonPath: '.status.addresses[0].address' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Zone', type: 'string', jsonPath: '.spec.zone', priority: 1 },
    { name: 'Pool', type: 'string', jsonPath: '.spec.pool', priority: 1 },
    { name: 'Vendor', type: 'string', jsonPath: '.status.hardware.vendor', priority: 1 },
    { name: 'Product', type: 'string', jsonPath: '.status.hardware.product', priority: 1 },
    {
      name: 'Message',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].message',
      priority: 1,
    },
  ],
  selectableFields: ['.spec.pool', '.spec.zone', '.status.phase'],
});
