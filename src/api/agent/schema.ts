import { z } from 'zod';
import { BmcSetupOrder } from '../bmc/setup.ts';
import { Architecture, MacAddress } from '../fields.ts';
import { RootDiskHints } from '../machine/spec.ts';
import { Inventory, TestOutcome } from '../machine-inventory/schema.ts';

/**
 * The conversation between the agent and the rack that booted it, JSON over HTTP below `/agent/v1`. A boot token from the
 * kernel command line buys a session key once; everything after it carries `Authorization: Bearer <session key>`.
 */

/** `POST /agent/v1/enlistments`, without a key: a machine that nobody described tells what it is. */
export const EnlistmentRequest = z.object({
  macAddresses: z.array(MacAddress).min(1).max(32),
  systemUuid: z.string().max(36).optional(),
  architecture: Architecture,
  inventory: Inventory,
});
export type EnlistmentRequest = z.infer<typeof EnlistmentRequest>;

/** 201. The agent then powers the machine off. */
export const EnlistmentResponse = z.object({ machine: z.string() });
export type EnlistmentResponse = z.infer<typeof EnlistmentResponse>;

/** `POST /agent/v1/sessions`: 201, 403 (wrong machine, not expected) or 410 (token used or expired). */
export const SessionRequest = z.object({
  token: z.string().min(1).max(128),
  macAddresses: z.array(MacAddress).min(1).max(32),
  systemUuid: z.string().max(36).optional(),
  nonce: z
    .string()
    .min(32)
    .max(128)
    .optional()
    .describe('Made by the agent, the same in each attempt: an answer that was lost is given again.'),
});
export type SessionRequest = z.infer<typeof SessionRequest>;

export const SessionResponse = z.object({
  sessionKey: z.string(),
  machine: z.string(),
  generation: z.int(),
  pollSeconds: z.number(),
});
export type SessionResponse = z.infer<typeof SessionResponse>;

export const InstallImage = z.object({
  path: z.string().describe('On the rack: /images/<sha256>.'),
  sha256: z.string().length(64),
  sizeBytes: z.int().min(0),
  format: z.enum(['Raw', 'RawZstd', 'RawGzip']),
  rawSizeBytes: z.int().min(0).optional(),
});
export type InstallImage = z.infer<typeof InstallImage>;

/** The files of cloud-init's NoCloud data source. */
export const Seed = z.object({
  metaData: z.string(),
  userData: z.string(),
  vendorData: z.string(),
  networkConfig: z.string().optional(),
});
export type Seed = z.infer<typeof Seed>;

const SshKeys = z
  .array(z.string().max(16_384))
  .max(64)
  .describe('Public keys, as in authorized_keys: who may log in to the ephemeral OS.');

/** The tests that the agent has in it, in the order in which they run when none is named. */
export const builtInTests = ['clock', 'cpu', 'memory', 'disk-health', 'disk-read', 'network'] as const;
export type BuiltInTest = (typeof builtInTests)[number];

/** `GET /agent/v1/task`: 200 with one of these, or 204: ask again after `pollSeconds`. */
export const AgentTask = z.discriminatedUnion('kind', [
  z.object({
    id: z.string(),
    kind: z.literal('Inventory'),
    sshKeys: SshKeys.optional(),
    bmc: BmcSetupOrder.optional(),
  }),
  z.object({
    id: z.string(),
    kind: z.literal('Test'),
    tests: z.array(z.string().max(64)).max(32).optional().describe('By name. None: all that are built in.'),
    sshKeys: SshKeys.optional(),
  }),
  z.object({ id: z.string(), kind: z.literal('Rescue'), sshKeys: SshKeys }),
  z.object({
    id: z.string(),
    kind: z.literal('Install'),
    image: InstallImage,
    rootDisk: RootDiskHints,
    seed: Seed,
    osName: z.string().describe('For the boot entry and the console: debian 12.'),
  }),
  z.object({ id: z.string(), kind: z.literal('Erase'), mode: z.enum(['Quick', 'Full']) }),
  z.object({ id: z.string(), kind: z.literal('Reboot') }),
  z.object({ id: z.string(), kind: z.literal('PowerOff') }),
]);
export type AgentTask = z.infer<typeof AgentTask>;

/** `POST /agent/v1/tasks/{id}/events`: at least every 10 s while a task runs. */
export const TaskEvent = z.object({
  sequence: z.int().min(0),
  at: z.string().max(35),
  step: z.string().max(128),
  percent: z.int().min(0).max(100).optional(),
  message: z.string().max(1024),
});
export type TaskEvent = z.infer<typeof TaskEvent>;

export const agentFailures = [
  'ImageDigestMismatch',
  'ImageTooLarge',
  'RootDiskNotFound',
  'ImageFetchFailed',
  'ImageCorrupt',
  'DiskWriteFailed',
  'SeedFailed',
  'BootEntryFailed',
  'EraseFailed',
  'InventoryFailed',
  'TestFailed',
  'RescueFailed',
] as const;

/** `PUT /agent/v1/tasks/{id}/result`: idempotent. */
export const AgentTaskResult = z.object({
  outcome: z.enum(['Succeeded', 'Failed']),
  reason: z.enum(agentFailures).optional(),
  message: z.string().max(1024),
  inventory: Inventory.optional().describe('Of an Inventory task.'),
  tests: z.array(TestOutcome).max(32).optional().describe('Of a Test task, the failed ones among them.'),
});
export type AgentTaskResult = z.infer<typeof AgentTaskResult>;
