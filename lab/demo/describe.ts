import type { Allocation } from '../../src/api/allocation/schema.ts';
import type { Machine } from '../../src/api/machine/schema.ts';

/** Phases that a machine leaves only when a person does something. */
const failedPhases: readonly string[] = [
  'CommissioningFailed',
  'DeploymentFailed',
  'ReleaseFailed',
  'EraseFailed',
  'Broken',
];

/** What a machine is about, in a few words that change when something happens. */
export function describeMachine(machine: Machine): string {
  const { status } = machine;
  const words = [status?.phase ?? 'not seen by the operator yet'];
  const task = status?.taskResult;
  const isCurrent = task !== undefined && task.id === status?.task?.id;
  const stage = status?.bootProgress;
  if (isCurrent && task.outcome === 'Running') {
    // Every ten per cent is news enough.
    const percent = task.percent === undefined ? '' : ` ${Math.floor(task.percent / 10) * 10} %`;
    words.push(`${status?.task?.kind ?? 'task'}: ${task.step ?? 'running'}${percent}`);
  } else if (stage !== undefined && stage.generation === status?.boot?.generation) {
    words.push(`boot: ${stage.stage}`);
  } else if (status?.step !== undefined) {
    words.push(status.step);
  }
  if (status?.powerState !== undefined) words.push(`power ${status.powerState.toLowerCase()}`);
  return words.join(', ');
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
