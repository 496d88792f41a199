import type { AgentTask } from '../../api/agent/schema.ts';
import type { Machine, TaskIntent } from '../../api/machine/schema.ts';
import type { SessionRecord } from '../boot-token/schema.ts';
import type { RackMachines } from './ports.ts';

/** How a machine goes on after a task: an installed one from its disk, any other is switched off. */
export type Ending = NonNullable<SessionRecord['ending']>;

export function endingOf(task: Pick<TaskIntent, 'id' | 'kind'>, outcome: 'Succeeded' | 'Failed'): Ending {
  return { task: task.id, kind: task.kind === 'Install' && outcome === 'Succeeded' ? 'Reboot' : 'PowerOff' };
}

/** The task that stands for an ending; its id is that of the task that ended, and a suffix. */
export function endingTask({ task, kind }: Ending): AgentTask {
  return { id: `${task}.${kind.toLowerCase()}`, kind };
}

/** What a session is to do now. */
export type NextTask =
  | { kind: 'Task'; task: TaskIntent }
  | { kind: 'End'; ending: Ending }
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
    return ended === 'Running' ? { kind: 'Task', task } : { kind: 'End', ending: endingOf(task, ended) };
  }
  if (session.ending !== undefined) return { kind: 'End', ending: session.ending };
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
  if (task.kind !== 'Inventory' && !(await machines.isStillTask(machine, task)))
    return { missing: 'the news of what else is to be done' };
  switch (task.kind) {
    case 'Inventory':
      return { id: task.id, kind: 'Inventory' };
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
          ...optional({ rawSizeBytes }),
        },
        rootDisk: machine.spec.rootDisk ?? {},
        seed,
        osName: `${os} ${release}`,
      };
    }
  }
}

function optional({ rawSizeBytes }: { rawSizeBytes: number | undefined }): { rawSizeBytes?: number } {
  return rawSizeBytes === undefined ? {} : { rawSizeBytes };
}
