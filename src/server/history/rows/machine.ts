import { MachineStatus } from '../../../api/machine/status.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { rowId } from '../../../store/row-id.ts';
import type { HistoryRow } from '../../../store/tables.ts';
import { memberOf, uidOf } from './object.ts';

const Told = MachineStatus.pick({
  phase: true,
  phaseSince: true,
  failure: true,
  timeline: true,
  power: true,
  task: true,
  taskResult: true,
});
type Told = ReturnType<typeof Told.parse>;

/** What a Machine tells by itself: its phase, the steps of its boot, its last power operation and its last task. */
export function rowsOfMachine(machine: KubeObject): HistoryRow[] {
  const status = Told.safeParse(memberOf(machine, 'status'));
  if (!status.success) return [];
  return [
    ...phaseRow(machine, status.data),
    ...stepRows(machine, status.data),
    ...powerRow(machine, status.data),
    ...taskRow(machine, status.data),
  ];
}

const failedPhases = /Failed$|^Broken$/;

function phaseRow(machine: KubeObject, { phase, phaseSince, failure }: Told): HistoryRow[] {
  if (phase === undefined || phaseSince === undefined) return [];
  const isFailed = failedPhases.test(phase);
  const { name } = machine.metadata;
  return [
    {
      table: 'events',
      row: {
        at: phaseSince,
        id: rowId('phase', uidOf(machine), phase, phaseSince),
        class: 'Phase',
        subject_kind: 'Machine',
        name,
        machine: name,
        type: isFailed ? 'Warning' : 'Normal',
        reason: phase,
        message:
          isFailed && failure !== undefined ? `${failure.reason}: ${failure.message}` : `It is ${phase}.`,
        ...(isFailed && failure !== undefined ? { details: { reason: failure.reason } } : {}),
      },
    },
  ];
}

function stepRows(machine: KubeObject, { timeline }: Told): HistoryRow[] {
  const { name } = machine.metadata;
  return (timeline?.steps ?? []).map(({ step, at, durationSeconds, detail }) => ({
    table: 'events',
    row: {
      at,
      id: rowId('step', uidOf(machine), timeline?.generation ?? 0, step, at),
      class: 'Step',
      subject_kind: 'Machine',
      name,
      machine: name,
      type: 'Normal',
      reason: step,
      message: detail ?? '',
      details: { generation: timeline?.generation, work: timeline?.work, durationSeconds },
    },
  }));
}

function powerRow(machine: KubeObject, { power }: Told): HistoryRow[] {
  const { request, result } = power ?? {};
  if (result?.finishedAt === undefined) return [];
  if (result.outcome !== 'Succeeded' && result.outcome !== 'Failed') return [];
  const asked = request?.id === result.id ? request : undefined;
  return [
    {
      table: 'power_operations',
      row: {
        at: result.startedAt,
        id: rowId('power', uidOf(machine), result.id),
        machine: machine.metadata.name,
        action: asked?.action ?? 'Unknown',
        mode: asked?.mode,
        rack: result.rack,
        outcome: result.outcome,
        reason: result.reason,
        message: result.message,
        started_at: result.startedAt,
        finished_at: result.finishedAt,
      },
    },
  ];
}

function taskRow(machine: KubeObject, { task, taskResult }: Told): HistoryRow[] {
  if (taskResult === undefined || taskResult.outcome === 'Running') return [];
  const kind = task?.id === taskResult.id ? task.kind : 'Task';
  return [
    {
      table: 'results',
      row: {
        at: taskResult.updatedAt,
        id: rowId('task', uidOf(machine), taskResult.id),
        machine: machine.metadata.name,
        kind: 'Task',
        name: kind,
        outcome: taskResult.outcome,
        started_at: taskResult.steps?.[0]?.at,
        finished_at: taskResult.updatedAt,
        message: [taskResult.reason, taskResult.message].filter((part) => part !== undefined).join(': '),
        details: { task: taskResult.id, steps: taskResult.steps, ...(task?.image && { image: task.image }) },
      },
    },
  ];
}
