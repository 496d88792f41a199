import type { Candidate, Unmatched } from './types.ts';

const labelLimit = 128;
const messageLimit = 256;
const namedAtMost = 4;

/**
 * The account of one constraint that took machines out.
 *
 * @param before how many machines the constraints before it had left
 */
export function explain(
  label: string,
  before: number,
  removed: number,
  detail: string | undefined,
): Unmatched {
  const constraint = shorten(label, labelLimit);
  const machines = before === 1 ? 'machine' : 'machines';
  const more = detail === undefined ? '' : `; ${detail}`;
  return {
    constraint,
    removed,
    message: shorten(`${constraint}: removed ${removed} of ${before} ${machines}${more}`, messageLimit),
  };
}

/** How near the best of the machines that were taken out came. */
export function largestHas(removed: readonly Candidate[], measure: (candidate: Candidate) => number): string {
  const largest = removed.reduce((most, candidate) => Math.max(most, measure(candidate)), 0);
  return removed.length === 1 ? `it has ${largest}` : `the largest of them has ${largest}`;
}

/** Distinct words, sorted, the first few of them. */
export function list(words: readonly string[]): string {
  return firstFew([...new Set(words)].sort());
}

/** Distinct reasons with how often each occurs, the most frequent first: `Deployed (12), Broken (1)`. */
export function countReasons(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return firstFew(sorted.map(([reason, count]) => `${reason} (${count})`));
}

function firstFew(words: readonly string[]): string {
  const rest = words.length - namedAtMost;
  return rest > 0 ? `${words.slice(0, namedAtMost).join(', ')} and ${rest} more` : words.join(', ');
}

function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}
