import type { BmcReport } from '../../api/bmc/setup.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import { reportError } from './errors.ts';

/** Of server-side apply, for `status.bmcReport`. */
const fieldManager = 'metalwright-rack-bmc';

const mostAttempts = 10;

/** Whether a report is to be stored: it is of the task that the machine has now, and does not go back behind what is there. */
export function isBmcNews(status: Machine['status'], report: BmcReport): boolean {
  if (status?.task?.id !== report.task) return false;
  const stored = status.bmcReport;
  if (stored?.offer !== report.offer) return true;
  return stored.stage === 'Offered' && report.stage !== 'Offered';
}

/** Stores how far the agent is with the BMC. What was sealed goes from the status with the next stage. */
export async function storeBmcReport(
  name: string,
  report: BmcReport,
  client: Pick<KubeClient, 'get' | 'applyStatus'>,
): Promise<void> {
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const machine = await client.get(machineKind, name);
    if (machine === undefined || !isBmcNews(machine.status, report)) return;
    const { resourceVersion, uid } = machine.metadata;
    try {
      await client.applyStatus(
        machineKind,
        { metadata: { name, resourceVersion, uid }, status: { bmcReport: report } },
        { fieldManager },
      );
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
  throw reportError('ReportContended', `task ${report.task} of machine ${name}`);
}
