import type { BmcReport, BmcSetupState } from '../../api/bmc/setup.ts';
import type { Machine } from '../../api/machine/schema.ts';

/** What to do about a report of the agent on the BMC. */
export type BmcSetupDecision =
  | { kind: 'Nothing' }
  /** Open what was sealed, store it, and say so. */
  | { kind: 'Store'; report: BmcReport }
  /** The BMC has them now: put them to use. */
  | { kind: 'Promote'; report: BmcReport }
  | { kind: 'Record'; state: Pick<BmcSetupState, 'offer' | 'state' | 'reason' | 'message'> };

/**
 * Pure. An offer counts in the boot that it was made in alone. That credentials were set counts whenever it is heard, for it
 * cannot be taken back.
 */
export function decideBmcSetup({ status }: Pick<Machine, 'status'>): BmcSetupDecision {
  const { bmcReport: report, bmcSetup: setup, bmcRotation, task, boot } = status ?? {};
  if (report === undefined) return { kind: 'Nothing' };
  const answered = setup?.offer === report.offer ? setup.state : undefined;
  if (report.stage === 'Applied')
    return answered === 'Stored' ? { kind: 'Promote', report } : { kind: 'Nothing' };
  const isCurrent =
    task?.id === report.task && task.bmc !== undefined && boot?.generation === report.generation;
  if (!isCurrent) return { kind: 'Nothing' };
  // Two at one BMC would each undo what the other did: the agent waits for the rack.
  if (report.stage === 'Offered' && bmcRotation !== undefined) return { kind: 'Nothing' };
  if (report.stage === 'Offered')
    return answered === undefined ? { kind: 'Store', report } : { kind: 'Nothing' };
  if (answered === 'Done' || answered === 'Failed' || answered === 'Refused') return { kind: 'Nothing' };
  const { offer, reason = 'BmcRefusedSetup', message = 'no reason given' } = report;
  return { kind: 'Record', state: { offer, state: 'Failed', reason, message } };
}
