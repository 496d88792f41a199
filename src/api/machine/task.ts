import { z } from 'zod';
import { BmcSetupOrder } from '../bmc/setup.ts';
import { ObjectName, SshPublicKey, Timestamp } from '../fields.ts';
import { TaskSteps } from './timeline.ts';

/** Names of hardware tests: words of a file name. */
export const TestNames = z
  .array(
    z
      .string()
      .min(1)
      .max(63)
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  )
  .max(32)
  .meta({ 'x-kubernetes-list-type': 'set' });

/** Public keys of those who may log in to the ephemeral OS. */
export const RescueKeys = z.array(SshPublicKey).max(64);

/**
 * What the agent shall do in a boot generation. A Rescue task is reported Running at step `Rescue` as soon as logins are
 * accepted, with the fingerprints of the host keys in its message, and lasts until the machine is switched off. A Test task
 * ends Failed with reason TestFailed when a test fails.
 */
export const TaskIntent = z.object({
  id: z.string().max(128),
  generation: z.int().min(0).describe('The boot generation that carries it out.'),
  kind: z.enum(['Inventory', 'Test', 'Install', 'Erase', 'Rescue']),
  image: ObjectName.optional().describe('Install: the BootImage.'),
  secret: ObjectName.optional().describe('Install: the Secret that holds the seed.'),
  erase: z.enum(['Quick', 'Full']).optional(),
  tests: TestNames.optional().describe('Test: which tests to run. Default: all.'),
  sshKeys: RescueKeys.optional().describe(
    'Rescue, Inventory, Test: public keys of those who may log in as root while it lasts.',
  ),
  enableSsh: z
    .boolean()
    .optional()
    .describe(
      'Inventory, Test: the machine is neither switched off nor restarted when the task has ended; who may log in goes on to.',
    ),
  skipNetworking: z.boolean().optional().describe('Inventory: the NICs that are on record stay as they are.'),
  skipStorage: z.boolean().optional().describe('Inventory: the disks that are on record stay as they are.'),
  bmc: BmcSetupOrder.optional().describe('Inventory: how the BMC is to be set up.'),
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
  steps: TaskSteps.optional(),
});
export type TaskResult = z.infer<typeof TaskResult>;
