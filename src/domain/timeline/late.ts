import { span } from './span.ts';
import { adviceOf, closedStep, type Expectation, whatOf } from './steps.ts';

/** What is to happen next. */
export interface Awaited {
  step: string;
  /** Since when, milliseconds since the epoch. */
  since: number;
  /** When waiting ends in a failure, milliseconds since the epoch; undefined: never. */
  deadline?: number | undefined;
}

/** How late it is. */
export interface Lateness {
  /** When it becomes late; undefined: never. */
  lateAt: number | undefined;
  /** By how much, rounded down to what is worth a new message, in milliseconds; undefined: it is not late. */
  over: number | undefined;
  /** When that changes if nothing happens; undefined: never. */
  changesAt: number | undefined;
}

/** The least that a step is given, in milliseconds. */
const leastMs = 1_000;
const minute = 60_000;

/**
 * How late a step is. It is late well before the wait for it ends: at half of its time at the latest. How late it is changes at one
 * minute, and then whenever it has doubled, so that a wait of hours is told of a few times; after the deadline no more.
 *
 * @param now milliseconds since the epoch
 */
export function latenessOf({ since, deadline }: Awaited, { late }: Expectation, now: number): Lateness {
  const half = deadline === undefined ? Number.POSITIVE_INFINITY : Math.max(leastMs, (deadline - since) / 2);
  const patience =
    late === 'never' ? Number.POSITIVE_INFINITY : Math.min((late ?? Number.POSITIVE_INFINITY) * 1000, half);
  if (patience === Number.POSITIVE_INFINITY)
    return { lateAt: undefined, over: undefined, changesAt: undefined };
  const lateAt = since + patience;
  if (now < lateAt) return { lateAt, over: undefined, changesAt: lateAt };
  // After its end a wait grows no older.
  const at = Math.min(now, deadline ?? now);
  const minutes = Math.floor((at - lateAt) / minute);
  const over = minutes < 1 ? 0 : 2 ** Math.floor(Math.log2(minutes)) * minute;
  const next = lateAt + (over === 0 ? minute : 2 * over);
  return { lateAt, over, changesAt: deadline !== undefined && next > deadline ? undefined : next };
}

/** The reason of the condition: `LateLoader`. One of a closed list. */
export function lateReason(step: string): string {
  return `Late${closedStep(step)}`;
}

/** What a message about a late step is made of. */
export interface LateWords {
  awaited: Awaited;
  lateness: Lateness;
  expectation: Expectation;
  work: string;
  /** What was last heard, and when and from which rack. */
  heard: string;
}

/** How a message begins that says the same. */
export function lateHead({
  awaited: { step },
  lateness: { over = 0 },
}: Pick<LateWords, 'awaited' | 'lateness'>): string {
  const by = over === 0 ? '' : ` by more than ${span(over)}`;
  return `Late${by}: ${whatOf(step)}.`;
}

/** Which step is late, by how much, what was expected, what was last heard and what to look at. */
export function lateMessage(words: LateWords): string {
  const { awaited, lateness, expectation, work, heard } = words;
  const { usual } = expectation;
  const patience = (lateness.lateAt ?? awaited.since) - awaited.since;
  const often = usual === undefined ? '' : `usually within ${span(usual * 1000)}, `;
  const ends = awaited.deadline === undefined ? '' : ` The wait ends at ${second(awaited.deadline)}.`;
  return (
    `${lateHead(words)} Awaited since ${second(awaited.since)}, ${often}late after ${span(patience)}.${ends}` +
    ` Last heard: ${heard}. To look at: ${adviceOf(awaited.step, work)}.`
  );
}

/** RFC 3339, UTC, to the second. */
function second(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
