import { z } from 'zod';
import { type CelRule, Conditions, cel, ObjectName, ObservedGeneration, Timestamp } from '../fields.ts';
import { defineKind } from '../kind.ts';
import { RescueKeys, TestNames } from '../machine/task.ts';
import type { CustomResource } from '../meta.ts';

export const machineActions = [
  'Commission',
  'Test',
  'Rescue',
  'ExitRescue',
  'PowerOn',
  'PowerOff',
  'PowerCycle',
  'PowerStatus',
  'MarkBroken',
  'MarkFixed',
  'Override',
  'Abort',
  'Release',
  'Lock',
  'Unlock',
  'CloneConfiguration',
  'RotateBmcCredentials',
] as const;

/** Orders to a Chassis. */
export const chassisActions = ['Enumerate'] as const;

/** Fields of a Machine's spec that CloneConfiguration copies. What makes a machine itself (MACs, BMC, approval) is none. */
export const clonedFields = [
  'zone',
  'pool',
  'tags',
  'bootMode',
  'kernelArguments',
  'rootDisk',
  'dhcpOptions',
] as const;
export const ClonedField = z.enum(clonedFields);
export type ClonedField = z.infer<typeof ClonedField>;

export const CloneParameters = z.object({
  targets: z
    .array(ObjectName)
    .min(1)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe('The Machines that take the configuration over: Ready, TestingFailed or New, and not locked.'),
  fields: z
    .array(ClonedField)
    .min(1)
    .max(clonedFields.length)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe('Which fields of spec. A field that the source does not have is left as it is.'),
  force: z
    .boolean()
    .optional()
    .describe('Takes fields over that another field manager has set to something else; else it fails.'),
});
export type CloneParameters = z.infer<typeof CloneParameters>;

/** The actions that each parameter belongs to; all others refuse it. */
export const actionParameters = {
  sshKeys: ['Commission', 'Test', 'Rescue'],
  enableSsh: ['Commission', 'Test'],
  skipNetworking: ['Commission'],
  skipStorage: ['Commission'],
  tests: ['Test'],
  erase: ['Release'],
  mode: ['PowerOff', 'PowerCycle'],
  clone: ['CloneConfiguration'],
} as const satisfies Record<string, readonly (typeof machineActions)[number][]>;

export const ActionParameters = z.object({
  sshKeys: RescueKeys.optional().describe(
    'Public keys of those who may log in to the ephemeral OS as root, beside those of the Allocation that holds the machine.',
  ),
  enableSsh: z
    .boolean()
    .optional()
    .describe('sshKeys may log in while it works, and the machine stays on afterwards.'),
  skipNetworking: z.boolean().optional().describe('Keeps the NICs that are on record.'),
  skipStorage: z.boolean().optional().describe('Keeps the disks that are on record.'),
  tests: TestNames.min(1).optional().describe('Which tests to run. Default: all.'),
  erase: z
    .enum(['None', 'Quick', 'Full'])
    .optional()
    .describe('How the disks are erased. Default: as the Allocation wanted it, or Quick.'),
  mode: z
    .enum(['Soft', 'Hard'])
    .optional()
    .describe('Soft: asks the OS to switch off, and does it the hard way when it does not. Default: Hard.'),
  clone: CloneParameters.optional().describe('Which fields are copied, and to which machines.'),
});
export type ActionParameters = z.infer<typeof ActionParameters>;

const parameterRules: CelRule[] = Object.entries(actionParameters).map(([name, actions]) => ({
  rule: `!has(self.parameters) || !has(self.parameters.${name}) || self.action in [${actions.map((action) => `'${action}'`).join(', ')}]`,
  message: `parameters.${name} is for ${actions.join(', ')} alone`,
}));

export const MachineActionSpec = z
  .object({
    machine: ObjectName.optional().describe('The Machine that it is for.'),
    chassis: ObjectName.optional().describe(
      'The Chassis that it is for: of Enumerate, instead of a machine.',
    ),
    action: z
      .enum([...machineActions, ...chassisActions])
      .describe(
        'What to do. Release erases a machine that failed to be released or erased, and that no Allocation holds. Enumerate makes Machines of the nodes of a chassis.',
      ),
    parameters: ActionParameters.optional().describe('What the action needs to know.'),
    message: z.string().max(1024).optional().describe('Why, for those who read it later.'),
  })
  .meta(
    cel(
      { rule: 'self == oldSelf', message: 'spec is immutable: an action is one order' },
      { rule: 'has(self.machine) != has(self.chassis)', message: 'give either machine or chassis' },
      {
        rule: "has(self.chassis) == (self.action in ['Enumerate'])",
        message: 'Enumerate is for a chassis, and all else for a machine',
        fieldPath: '.action',
      },
      ...parameterRules,
      {
        rule: "self.action != 'CloneConfiguration' || (has(self.parameters) && has(self.parameters.clone))",
        message: 'CloneConfiguration needs parameters.clone',
      },
      {
        rule: '!has(self.parameters) || !has(self.parameters.enableSsh) || !self.parameters.enableSsh || (has(self.parameters.sshKeys) && size(self.parameters.sshKeys) > 0)',
        message: 'parameters.enableSsh needs parameters.sshKeys',
      },
    ),
  );

type OrderSpec = Omit<z.infer<typeof MachineActionSpec>, 'machine' | 'chassis' | 'action'>;

/** An order to a machine. */
export interface MachineActionSpec extends OrderSpec {
  machine: string;
  chassis?: undefined;
  action: (typeof machineActions)[number];
}

/** An order to a chassis. */
export interface ChassisActionSpec extends OrderSpec {
  machine?: undefined;
  chassis: string;
  action: (typeof chassisActions)[number];
}

export const MachineActionStatus = z.object({
  observedGeneration: ObservedGeneration.optional(),
  phase: z
    .enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Refused'])
    .optional()
    .describe('How far it has come.'),
  message: z.string().max(1024).optional().describe('What came of it.'),
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp.optional(),
  conditions: Conditions.optional(),
});
export type MachineActionStatus = z.infer<typeof MachineActionStatus>;

/** A MachineAction that is for a machine. */
export type MachineAction = CustomResource<MachineActionSpec, MachineActionStatus>;
/** A MachineAction that is for a chassis. */
export type ChassisAction = CustomResource<ChassisActionSpec, MachineActionStatus>;
/** Any MachineAction. */
export type AnyAction = MachineAction | ChassisAction;

/** Whether it is for a machine. */
export function isMachineAction(action: AnyAction): action is MachineAction {
  return action.spec.machine !== undefined;
}

/** Whether it is for a chassis. */
export function isChassisAction(action: AnyAction): action is ChassisAction {
  return action.spec.chassis !== undefined;
}

export const machineActionKind = defineKind<AnyAction>({
  plural: 'machineactions',
  singular: 'machineaction',
  kind: 'MachineAction',
  shortNames: ['mwact'],
  namespaced: false,
  description: 'One order to one machine or chassis, carried out once. It is removed a day after it ended.',
  properties: { spec: MachineActionSpec, status: MachineActionStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Machine', type: 'string', jsonPath: '.spec.machine' },
    { name: 'Chassis', type: 'string', jsonPath: '.spec.chassis', priority: 1 },
    { name: 'Action', type: 'string', jsonPath: '.spec.action' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Message', type: 'string', jsonPath: '.status.message' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  selectableFields: ['.spec.machine', '.status.phase'],
});
