import type { Allocation } from '../../src/api/allocation/schema.ts';
import type { Machine } from '../../src/api/machine/schema.ts';
import type { MachineStatus } from '../../src/api/machine/status.ts';

/** Phases that a machine leaves only when a person does something. */
const failedPhases: readonly string[] = [
  'CommissioningFailed',
  'DeploymentFailed',
  'ReleaseFailed',
  'EraseFailed',
  'Broken',
];

/** Phases in which nothing goes on: what is known of a boot or a task is of the one before. */
const restingPhases: readonly string[] = ['New', 'Ready', 'Deployed', ...failedPhases];

/** What a machine is about, in a few words that change when something happens. */
export function describeMachine(machine: Machine): string {
  const { status } = machine;
  const words = [status?.phase ?? 'not seen by the operator yet'];
  const progress = status === undefined ? undefined : describeProgress(status);
  if (progress !== undefined) words.push(progress);
  if (status?.powerState !== undefined) words.push(`power ${status.powerState.toLowerCase()}`);
  return words.join(', ');
}

function describeProgress(status: MachineStatus): string | undefined {
  if (status.phase !== undefined && restingPhases.includes(status.phase)) return undefined;
  const { task, taskResult, boot, bootProgress } = status;
  if (task !== undefined && taskResult?.id === task.id && taskResult.outcome === 'Running') {
    // Every ten per cent is news enough.
    const percent = taskResult.percent === undefined ? '' : ` ${Math.floor(taskResult.percent / 10) * 10} %`;
    return `${task.kind}: ${taskResult.step ?? 'running'}${percent}`;
  }
  return bootProgress !== undefined && bootProgress.generation === boot?.generation
    ? `boot: ${bootProgress.stage}`
    : status.step;
}

/** Why a machine went wrong, `undefined` while it has not. */
export function machineFailure(machine: Machine): string | undefined {
  const { phase, failure } = machine.status ?? {};
  if (phase === undefined || !failedPhases.includes(phase)) return undefined;
  return `${machine.metadata.name} is ${phase}: ${failure?.reason ?? 'no reason'}: ${failure?.message ?? 'no message'}`;
}

/** What an Allocation is about. */
export function describeAllocation(allocation: Allocation): string {
  const { phase, machine, conditions } = allocation.status ?? {};
  const ready = conditions?.find((condition) => condition.type === 'Ready');
  const words = [phase ?? 'not seen by the operator yet'];
  if (machine !== undefined) words.push(`on ${machine}`);
  if (ready !== undefined && ready.status !== 'True') words.push(ready.message);
  return words.join(', ');
}
