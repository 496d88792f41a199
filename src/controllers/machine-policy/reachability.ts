import { conditionOf, type Opinion, type Seen } from './observed.ts';
import { reachabilityReasons } from './reasons.ts';

/** A BMC that has not answered for so long makes the machine count as vanished. */
export const defaultVanishedMs = 15 * 60_000;

/** Whether the BMC answers, and since when it does not. A machine that no rack can switch has no such condition. @param now milliseconds since the epoch */
export function reachabilityOf(
  { machine: { spec, status } }: Seen,
  now: number,
  vanishedMs: number,
): Opinion<{ unreachableSince?: string | undefined }> {
  if (spec.bmc === undefined || spec.bmc.driver === 'manual') return { fields: {}, conditions: [] };
  const { powerState, unreachableSince } = status ?? {};
  if (powerState === 'On' || powerState === 'Off')
    return { fields: {}, conditions: [conditionOf('Reachable', 'True', 'BmcAnswers', reachabilityReasons)] };
  const since = unreachableSince ?? `${new Date(now).toISOString().slice(0, 19)}Z`;
  const until = Date.parse(since) + vanishedMs;
  const gone = now >= until;
  const reason = gone ? 'Vanished' : 'BmcSilent';
  return {
    fields: { unreachableSince: since },
    conditions: [
      conditionOf('Reachable', gone ? 'False' : 'Unknown', reason, reachabilityReasons, `Since ${since}.`),
    ],
    until: gone ? undefined : until,
  };
}
