import type { AgentTask } from '../../api/agent/schema.ts';
import { startsDiskByBmc } from '../../api/bmc/effective.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { TaskIntent } from '../../api/machine/task.ts';
import { mayRunTask } from '../../domain/lifecycle/approval.ts';
import type { SessionRecord } from '../boot-token/schema.ts';
import type { RackMachines } from './ports.ts';

/**
 * How a machine goes on after a task: an installed one from its disk, one that people shall look at stays as it is, any other
 * is switched off; so is an installed one that its BMC then starts.
 */
export type Ending = NonNullable<SessionRecord['ending']>;

export function endingOf(
  { id, kind, enableSsh }: Pick<TaskIntent, 'id' | 'kind' | 'enableSsh'>,
  outcome: 'Succeeded' | 'Failed',
  machine: Machine | undefined,
): Ending {
  const restarts = machine === undefined || !startsDiskByBmc(machine);
  if (kind === 'Install' && outcome === 'Succeeded' && restarts) return { task: id, kind: 'Reboot' };
  const stays = enableSsh === true && (kind === 'Inventory' || kind === 'Test');
  return { task: id, kind: stays ? 'Stay' : 'PowerOff' };
}

/** The task that stands for an ending, if any does; its id is that of the task that ended, and a suffix. */
export function endingTask(
  ending: Ending,
): { id: string; kind: Exclude<Ending['kind'], 'Stay'> } | undefined {
  const { task, kind } = ending;
  return kind === 'Stay' ? undefined : { id: `${task}.${kind.toLowerCase()}`, kind };
}

/** What a session is to do now. */
export type NextTask =
  | { kind: 'Task'; task: TaskIntent }
  | { kind: 'End'; task: AgentTask }
  | { kind: 'Wait' }
  | { kind: 'Over' };

/**
 * Once a task has ended its session may still be told how to go on, even when the operator, who was quicker, has moved the
 * boot generation; nothing else is left of it then.
 */
export function nextTask(machine: Machine | undefined, session: Readonly<SessionRecord>): NextTask {
  const current = isCurrent(machine, session);
  const { task, taskResult } = machine?.status ?? {};
  if (current && task?.generation === session.generation && session.ending?.task !== task.id) {
    const ended = taskResult?.id === task.id ? taskResult.outcome : 'Running';
    return ended === 'Running' ? { kind: 'Task', task } : goOn(endingOf(task, ended, machine), current);
  }
  return goOn(session.ending, current);
}

function goOn(ending: Ending | undefined, current: boolean): NextTask {
  const task = ending && endingTask(ending);
  if (task !== undefined) return { kind: 'End', task };
  return current ? { kind: 'Wait' } : { kind: 'Over' };
}

/** Whether the machine that the session was opened for is still there, and in the same boot generation. */
export function isCurrent(machine: Machine | undefined, session: Readonly<SessionRecord>): boolean {
  return (
    machine !== undefined &&
    machine.metadata.uid === session.machineUid &&
    machine.status?.boot?.generation === session.generation &&
    machine.status.boot.target === 'EphemeralOS'
  );
}

/**
 * The task as the agent takes it, or what is missing for it, in words. A disk is written only when the API server itself says at this
 * moment that it shall be: what a rack remembers may be of a time when nobody needed what is on the disk. Rejects while the API
 * server cannot be asked.
 */
export async function assembleTask(
  machine: Machine,
  task: TaskIntent,
  machines: Pick<RackMachines, 'diskImage' | 'seed' | 'isStillTask'>,
): Promise<AgentTask | { missing: string }> {
  if (!mayRunTask(machine, task.kind)) return { missing: 'the approval of the machine' };
  if (!onlyLooks(task) && !(await machines.isStillTask(machine, task)))
    return { missing: 'the news of what else is to be done' };
  switch (task.kind) {
    case 'Inventory':
      return { id: task.id, kind: 'Inventory', sshKeys: task.sshKeys, bmc: task.bmc };
    case 'Test':
      return { id: task.id, kind: 'Test', tests: task.tests, sshKeys: task.sshKeys };
    case 'Rescue':
      return { id: task.id, kind: 'Rescue', sshKeys: task.sshKeys ?? [] };
    case 'Erase':
      return { id: task.id, kind: 'Erase', mode: task.erase ?? 'Quick' };
    case 'Install': {
      const image = task.image === undefined ? undefined : machines.diskImage(task.image);
      if (image === undefined) return { missing: `the BootImage ${task.image ?? '(none named)'}` };
      const seed = await machines.seed(machine);
      if (seed === undefined) return { missing: `the Secret ${task.secret ?? '(none named)'}` };
      const { digest, sizeBytes, rawSizeBytes, format, os, release } = image;
      return {
        id: task.id,
        kind: 'Install',
        image: {
          path: `/images/${digest}`,
          sha256: digest,
          sizeBytes,
          format,
          rawSizeBytes,
        },
        rootDisk: machine.spec.rootDisk ?? {},
        seed,
        osName: `${os} ${release}`,
      };
    }
  }
}

/** A task that reads the machine alone, and lets nobody in, may be an old one. */
function onlyLooks({ kind, sshKeys = [] }: TaskIntent): boolean {
  return (kind === 'Inventory' || kind === 'Test') && sshKeys.length === 0;
}
