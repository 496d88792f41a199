import type { PowerResult } from '../../api/machine/power.ts';
import { powerErrors } from './errors.ts';
import type { PowerOutcome, PowerTimings } from './steps.ts';

/**
 * How long a BMC that does not answer is tried: less where others may try after this rack, and the time for which it has been
 * silent counts. It is tried once in any case. Pure.
 *
 * @param silentMs for how long it has not answered anybody of this rack
 * @param hasOthers whether another rack is left to try
 */
export function budgetFor(timings: PowerTimings, silentMs: number, hasOthers: boolean): PowerTimings {
  const whole = hasOthers ? timings.retryBudgetMs / 3 : timings.retryBudgetMs;
  return { ...timings, unreachableBudgetMs: Math.max(0, whole - silentMs) };
}

/**
 * The account of a request that this rack has come to an end with. One that the BMC did not answer is handed over as long as there
 * is another rack to try; without one it fails, and names each rack and what it saw. Pure.
 *
 * @param reached the account so far
 * @param now milliseconds since the epoch
 */
export function endOf(
  reached: PowerResult,
  { outcome, reason, message: said }: PowerOutcome,
  hasOthers: boolean,
  now: number,
): PowerResult {
  const message = said.slice(0, 1024);
  const finishedAt = new Date(now).toISOString();
  if (reason !== 'BmcUnreachable')
    return { ...reached, outcome, message, finishedAt, ...(reason === undefined ? {} : { reason }) };
  const seen = { rack: reached.rack, message: withoutAdvice(said).slice(0, 512) };
  const tried = [...(reached.tried ?? []), seen];
  if (hasOthers) {
    const { step, ...begun } = reached;
    // Taken for asked already, the OS would be switched off the hard way without a question.
    return { ...(step === 'SoftOff' ? begun : reached), outcome: 'HandedOver', reason, message, tried };
  }
  if (tried.length === 1) return { ...reached, outcome, reason, message, finishedAt };
  return exhausted({ ...reached, tried }, now);
}

/** A request that no rack could carry out. Pure. @param now milliseconds since the epoch */
export function exhausted(result: PowerResult, now: number): PowerResult {
  const each = (result.tried ?? []).map(({ rack, message }) => `rack ${rack}: ${message}`);
  const room = 1024 - powerErrors.BmcUnreachable.length - 60;
  return {
    ...result,
    outcome: 'Failed',
    reason: 'BmcUnreachable',
    message: `tried by ${each.length} racks: ${powerErrors.BmcUnreachable}. ${shortened(each, room)}`.slice(
      0,
      1024,
    ),
    finishedAt: new Date(now).toISOString(),
  };
}

function withoutAdvice(message: string): string {
  return message.replace(`: ${powerErrors.BmcUnreachable}`, '');
}

/** All of the texts in so many characters: each is cut to its share. */
function shortened(texts: readonly string[], room: number): string {
  const share = Math.floor(room / Math.max(1, texts.length)) - 2;
  return texts.map((text) => (text.length <= share ? text : `${text.slice(0, share - 1)}…`)).join('; ');
}
