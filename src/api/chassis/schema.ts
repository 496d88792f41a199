import { z } from 'zod';
import {
  Architecture,
  Conditions,
  FirmwareMode,
  Label,
  MacAddress,
  ObjectName,
  ObservedGeneration,
  Tag,
  Timestamp,
} from '../fields.ts';
import { defineKind } from '../kind.ts';
import { powerStates } from '../machine/power.ts';
import type { CustomResource } from '../meta.ts';
import { ChassisBmc } from './bmc.ts';

/** The most nodes of a chassis that are taken. */
export const mostNodes = 512;

/** What a Machine is made with; what becomes of it afterwards is its own. */
export const ChassisDefaults = z.object({
  architecture: Architecture.optional().describe(
    'Of nodes whose manager does not say. Without it, such nodes are skipped.',
  ),
  approved: z.boolean().default(false).describe('Whether they may be commissioned and used at once.'),
  zone: Label.default('default').describe('Where they stand.'),
  pool: Label.default('default').describe('Whom they are for.'),
  tags: z.array(Tag).max(64).meta({ 'x-kubernetes-list-type': 'set' }).default([]).describe('Their tags.'),
  bootMode: FirmwareMode.optional().describe('Firmware mode for network boots. Default: as it is seen.'),
});
export type ChassisDefaults = z.infer<typeof ChassisDefaults>;

const Globs = z
  .array(
    z
      .string()
      .min(1)
      .max(128)
      .regex(/^[^\r\n]+$/),
  )
  .max(32);

export const ChassisSpec = z.object({
  bmc: ChassisBmc,
  rack: ObjectName.optional().describe('The Rack that asks the manager. Default: whichever comes first.'),
  namePrefix: z
    .string()
    .max(32)
    .regex(/^([a-z0-9]([-a-z0-9.]*)?)?$/)
    .optional()
    .describe('What the names of the Machines begin with. Default: the name of the Chassis, and a dash.'),
  include: Globs.optional().describe(
    'Names of nodes that are taken, as the manager writes them; * is any text, ? one letter. Default: all.',
  ),
  exclude: Globs.optional().describe('Names of nodes that are not taken, though they are included.'),
  defaults: ChassisDefaults.optional().describe('What new Machines are made with.'),
});
export type ChassisSpec = z.infer<typeof ChassisSpec>;

/** One node, as the manager listed it. */
export const ListedNode = z.object({
  name: z.string().min(1).max(253),
  parameters: z.record(z.string().max(63), z.string().max(253)).meta({ maxProperties: 16 }),
  macAddresses: z.array(MacAddress).max(32),
  systemUuid: z.string().max(36).optional(),
  architecture: z.string().max(32).optional(),
  powerState: z.enum(powerStates).optional(),
});
export type ListedNode = z.infer<typeof ListedNode>;

/** A rack's account of an enumeration: claimed before the manager is asked, and ended with an outcome. */
export const EnumerationResult = z.object({
  id: z.string().max(128).describe('The id of the request.'),
  rack: z.string().max(253),
  generation: z.int().min(0).describe('metadata.generation of what it was asked for.'),
  outcome: z.enum(['Running', 'Succeeded', 'Failed']),
  reason: z.string().max(64).optional(),
  message: z.string().max(1024).optional(),
  startedAt: Timestamp,
  finishedAt: Timestamp.optional(),
  total: z.int().min(0).optional().describe('How many nodes the manager has.'),
  nodes: z.array(ListedNode).max(mostNodes).optional(),
});
export type EnumerationResult = z.infer<typeof EnumerationResult>;

/** What became of one node. */
export const NodeOutcome = z.object({
  node: z.string().max(253),
  outcome: z
    .enum(['Managed', 'Known', 'Skipped', 'Excluded'])
    .describe(
      'Managed: the Machine has its BMC from here. Known: there is such a Machine, and it is left as it is. Skipped: no Machine; the message says why. Excluded: by spec.include or spec.exclude.',
    ),
  machine: ObjectName.optional(),
  message: z.string().max(512).optional(),
});
export type NodeOutcome = z.infer<typeof NodeOutcome>;

export const ChassisStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  request: z
    .object({ id: z.string().max(128), requestedAt: Timestamp })
    .optional()
    .describe('The enumeration that a rack shall do.'),
  result: EnumerationResult.optional().describe('What a rack made of it.'),
  action: z
    .object({
      name: ObjectName,
      uid: z.string().max(36),
      outcome: z.enum(['Running', 'Succeeded', 'Failed']),
      message: z.string().max(1024),
    })
    .optional()
    .describe('The last MachineAction that was taken up.'),
  counts: z
    .object({ nodes: z.int().min(0), machines: z.int().min(0), skipped: z.int().min(0) })
    .optional()
    .describe('Of the last enumeration.'),
  nodes: z.array(NodeOutcome).max(mostNodes).optional().describe('What became of each node.'),
  vanished: z
    .array(ObjectName)
    .max(mostNodes)
    .optional()
    .describe('Machines that came from here, and whose nodes the manager does not list any more.'),
  conditions: Conditions.optional(),
});
export type ChassisStatus = z.infer<typeof ChassisStatus>;

export type Chassis = CustomResource<ChassisSpec, ChassisStatus>;

export const chassisKind = defineKind<Chassis>({
  plural: 'chassis',
  singular: 'chassis',
  kind: 'Chassis',
  shortNames: ['mwchassis'],
  namespaced: false,
  description:
    'A manager of many nodes: a blade chassis, a hypervisor, a cluster. The MachineAction Enumerate makes Machines of them.',
  properties: { spec: ChassisSpec, status: ChassisStatus },
  required: ['spec'],
  rules: [
    {
      rule: 'size(self.metadata.name) <= 63 && !self.metadata.name.contains(".")',
      message:
        'metadata.name must be a label of at most 63 letters without dots: Machines are labelled with it',
    },
  ],
  printerColumns: [
    { name: 'Driver', type: 'string', jsonPath: '.spec.bmc.driver' },
    { name: 'Nodes', type: 'integer', jsonPath: '.status.counts.nodes' },
    { name: 'Machines', type: 'integer', jsonPath: '.status.counts.machines' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});
