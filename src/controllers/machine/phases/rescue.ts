import type { Verdict } from '../decision.ts';
import { type Observed, statusOf } from '../observed.ts';
import { millis, timestamp } from '../time.ts';
import type { MachineTimings } from '../timings.ts';
import { stalled } from '../verdicts.ts';
import { rescueMessage } from './entering-rescue.ts';

/** People's, until ExitRescue. Nothing ends it by itself: who is logged in is not thrown out. */
export function rescue(observed: Observed, now: number, timings: MachineTimings): Verdict {
  const { task, taskResult, bootProgress, phaseSince } = statusOf(observed);
  const result = taskResult?.id === task?.id ? taskResult : undefined;
  if (result !== undefined && result.outcome !== 'Running') {
    const message = `The rescue is over: ${result.message ?? 'the agent gave no message'}. Order ExitRescue, or Rescue again.`;
    return stalled('RescueSilent', { message });
  }
  const heard = millis(result?.updatedAt, millis(phaseSince, now));
  const silentAt = heard + timings.agentSilence;
  if (now < silentAt)
    return stalled('Rescue', {
      message: rescueMessage(bootProgress?.address, result?.message),
      until: silentAt,
    });
  const message = `The ephemeral OS was last heard at ${timestamp(heard)}: it may hang, or the machine was restarted. Order ExitRescue, or Rescue again.`;
  return stalled('RescueSilent', { message });
}
