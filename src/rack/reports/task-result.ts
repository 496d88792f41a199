import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { TaskResult } from '../../api/machine/task.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import { reportError } from './errors.ts';
import { mergeSteps } from './task-steps.ts';

/** Of server-side apply, for `status.taskResult`. */
const fieldManager = 'metalwright-rack-task';

const mostAttempts = 10;

/**
 * Whether a report is stored. A result of the task that the machine has now replaces whatever is there; an earlier task's is
 * late and dropped; an ended task stays ended, and its progress does not go back in time.
 */
export function isTaskNews(status: Machine['status'], report: TaskResult): boolean {
  const current = status?.task?.id;
  if (current !== undefined && current !== report.id) return false;
  const stored = status?.taskResult;
  if (stored === undefined || stored.id !== report.id) return true;
  if (stored.outcome !== 'Running') return false;
  return report.outcome !== 'Running' || Date.parse(report.updatedAt) >= Date.parse(stored.updatedAt);
}

/** The report with the steps of both, where both are of one task. */
function withSteps(stored: TaskResult | undefined, report: TaskResult): TaskResult {
  const steps = mergeSteps(stored?.id === report.id ? stored.steps : undefined, report.steps);
  return steps === undefined ? report : { ...report, steps };
}

/** Stores what the agent said of its task, on top of what is there at this moment. Rejects when it could not. */
export async function storeTaskResult(
  name: string,
  report: TaskResult,
  client: Pick<KubeClient, 'get' | 'applyStatus'>,
): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const machine = await client.get(machineKind, name);
    if (machine === undefined || !isTaskNews(machine.status, report)) return;
    const { resourceVersion, uid } = machine.metadata;
    try {
      await client.applyStatus(
        machineKind,
        {
          metadata: { name, resourceVersion, uid },
          status: { taskResult: withSteps(machine.status?.taskResult, report) },
        },
        { fieldManager },
      );
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
  throw reportError('ReportContended', `task ${report.id} of machine ${name}`);
}
