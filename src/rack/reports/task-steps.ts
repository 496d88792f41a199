import { maxTaskSteps, type TaskStep } from '../../api/machine/timeline.ts';

/**
 * Every step of both once, as it was heard first, in the order in which they began; the earliest ones where there are too many. The
 * same in whatever order and however often reports come. undefined when neither tells of steps.
 */
export function mergeSteps(
  one: readonly TaskStep[] | undefined,
  other: readonly TaskStep[] | undefined,
): TaskStep[] | undefined {
  if (one === undefined && other === undefined) return undefined;
  const first = new Map<string, TaskStep>();
  for (const entry of [...(one ?? []), ...(other ?? [])]) {
    const known = first.get(entry.step);
    if (known === undefined || compare(entry, known) < 0) first.set(entry.step, entry);
  }
  return [...first.values()].sort(compare).slice(0, maxTaskSteps);
}

function compare(a: TaskStep, b: TaskStep): number {
  return Date.parse(a.at) - Date.parse(b.at) || (a.step < b.step ? -1 : 1);
}
