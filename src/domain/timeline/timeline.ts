import { span } from './span.ts';
import { isTaskStep, rankOf, wordOf } from './steps.ts';

/** Something that happened in a boot, as who saw it tells it. */
export interface Fact {
  step: string;
  /** RFC 3339, by the clock of who saw it. */
  at: string;
  detail?: string | undefined;
}

/** A fact in its place, with the time since the one before. */
export interface Entry {
  step: string;
  at: string;
  durationSeconds: number;
  detail?: string | undefined;
}

/** The story of one boot generation. */
export interface Story {
  generation: number;
  /** What it boots for. */
  work: string;
  steps: readonly Entry[];
}

/** Where time begins anew: what was before has nothing to do with it. */
const beginnings: readonly string[] = ['Ordered', 'PowerRequested', 'PowerOffRequested'];

/**
 * The story with new facts in it. A fact replaces what was known of its step; steps are in the order of a boot, those of a task as they
 * ended. So it is the same in whatever order and however often the facts come. Facts of another generation begin a new story.
 *
 * @param limit the most entries
 */
export function tell(
  before: Story | undefined,
  { generation, work }: Pick<Story, 'generation' | 'work'>,
  facts: readonly Fact[],
  limit: number,
): Story {
  const known = new Map<string, Fact>();
  if (before?.generation === generation) for (const entry of before.steps) known.set(entry.step, entry);
  for (const fact of facts) if (!Number.isNaN(Date.parse(fact.at))) known.set(fact.step, fact);
  const ordered = [...known.values()].sort(compare);
  return { generation, work, steps: withDurations(bounded(ordered, limit)) };
}

function compare(a: Fact, b: Fact): number {
  const rank = rankOf(a.step) - rankOf(b.step);
  return rank || Date.parse(a.at) - Date.parse(b.at) || (a.step < b.step ? -1 : 1);
}

/** Of too many steps of a task the latest are left out. */
function bounded(facts: readonly Fact[], limit: number): Fact[] {
  const room = limit - facts.filter(({ step }) => !isTaskStep(step)).length;
  let kept = 0;
  return facts.filter(({ step }) => !isTaskStep(step) || ++kept <= room);
}

function withDurations(facts: readonly Fact[]): Entry[] {
  let last: number | undefined;
  return facts.map(({ step, at, detail }) => {
    const time = Date.parse(at);
    // Clocks of racks differ a little: what follows did not come earlier.
    const ms = last === undefined || beginnings.includes(step) ? 0 : Math.max(0, time - last);
    last = beginnings.includes(step) ? time : Math.max(time, last ?? time);
    const durationSeconds = Math.round(ms / 100) / 10;
    return { step, at, durationSeconds, ...(detail === undefined ? {} : { detail }) };
  });
}

/** The entries that the story has more than before. */
export function newEntries(before: Story | undefined, story: Story): Entry[] {
  const known = before?.generation === story.generation ? before.steps.map(({ step }) => step) : [];
  return story.steps.filter(({ step }) => !known.includes(step));
}

/** How long it took from its beginning to an entry, in seconds. */
export function secondsUntil(story: Story, step: string): number {
  let sum = 0;
  for (const entry of story.steps) {
    sum = beginnings.includes(entry.step) ? 0 : sum + entry.durationSeconds;
    if (entry.step === step) break;
  }
  return Math.round(sum * 10) / 10;
}

/** The story in one line: `Install, boot 7: power on 8 s, DHCP 34 s, loader 2 s.` What took no time is left out. */
export function shortStory({ generation, work, steps }: Story): string {
  const parts = steps
    .filter(({ durationSeconds }) => durationSeconds > 0)
    .map(({ step, durationSeconds }) => `${wordOf(step)} ${span(durationSeconds * 1000)}`);
  return `${work}, boot ${generation}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`;
}
