/**
 * Names for what the agent and the rack say to one another. Types only: the schemas stay out of the agent's bundle, so
 * that it starts fast.
 */
import type {
  AgentTask,
  AgentTaskResult,
  BuiltInTest,
  EnlistmentRequest,
  InstallImage,
  Seed,
  SessionResponse,
  TaskEvent,
} from '../api/agent/schema.ts';
import type { RootDiskHints } from '../api/machine/spec.ts';
import type { TestOutcome } from '../api/machine-inventory/schema.ts';

export type { EnlistmentRequest, RootDiskHints, Seed, TaskEvent };
export type Task = AgentTask;
export type InstallTask = Extract<AgentTask, { kind: 'Install' }>;
export type EraseTask = Extract<AgentTask, { kind: 'Erase' }>;
export type InventoryTask = Extract<AgentTask, { kind: 'Inventory' }>;
export type TestTask = Extract<AgentTask, { kind: 'Test' }>;
export type RescueTask = Extract<AgentTask, { kind: 'Rescue' }>;
export type { BuiltInTest, TestOutcome };
export type TaskResult = AgentTaskResult;
export type FailureReason = NonNullable<AgentTaskResult['reason']>;
export type ImageFormat = InstallImage['format'];
export type Session = SessionResponse;
