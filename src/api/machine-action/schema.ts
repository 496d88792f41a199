import { z } from 'zod';
import { Conditions, cel, ObjectName, Timestamp } from '../fields.ts';
import { defineKind } from '../kind.ts';
import type { CustomResource } from '../meta.ts';

export const machineActions = [
  'Commission',
  'PowerOn',
  'PowerOff',
  'PowerCycle',
  'MarkBroken',
  'MarkFixed',
  'Abort',
  'Release',
] as const;

export const MachineActionSpec = z
  .object({
    machine: ObjectName.describe('The Machine that it is for.'),
    action: z
      .enum(machineActions)
      .describe(
        'What to do. Release erases a machine that failed to be released or erased, and that no Allocation holds.',
      ),
    message: z.string().max(1024).optional().describe('Why, for those who read it later.'),
  })
  .meta(cel({ rule: 'self == oldSelf', message: 'spec is immutable: an action is one order' }));
export type MachineActionSpec = z.infer<typeof MachineActionSpec>;

export const MachineActionStatus = z.object({
  observedGeneration: z.int().min(0).optional(),
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

export type MachineAction = CustomResource<MachineActionSpec, MachineActionStatus>;

export const machineActionKind = defineKind<MachineAction>({
  plural: 'machineactions',
  singular: 'machineaction',
  kind: 'MachineAction',
  shortNames: ['mwact'],
  namespaced: false,
  description: 'One order to one machine, carried out once. It is removed a day after it ended.',
  properties: { spec: MachineActionSpec, status: MachineActionStatus },
  required: ['spec'],
  printerColumns: [
    { name: 'Machine', type: 'string', jsonPath: '.spec.machine' },
    { name: 'Action', type: 'string', jsonPath: '.spec.action' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Message', type: 'string', jsonPath: '.status.message' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  selectableFields: ['.spec.machine', '.status.phase'],
});
