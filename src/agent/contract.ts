/**
 * Names for what the agent and the rack say to one another. Types only: the schemas stay out of the agent's bundle, so
 * that it starts fast.
 */
import type {
  AgentTask,
  AgentTaskResult,
  EnlistmentRequest,
  InstallImage,
  Seed,
  SessionResponse,
  TaskEvent,
} from '../api/agent/schema.ts';
import type { RootDiskHints } from '../api/machine/schema.ts';

export type { EnlistmentRequest, RootDiskHints, Seed, TaskEvent };
export type Task = AgentTask;
export type InstallTask = Extract<AgentTask, { kind: 'Install' }>;
export type EraseTask = Extract<AgentTask, { kind: 'Erase' }>;
export type TaskResult = AgentTaskResult;
export type FailureReason = NonNullable<AgentTaskResult['reason']>;
export type ImageFormat = InstallImage['format'];
export type Session = SessionResponse;
