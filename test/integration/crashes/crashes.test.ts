import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { Death, ProgramName } from './mortality.ts';
import { type Ending, type Played, play } from './play.ts';
import { furtherStories, stories } from './stories.ts';

const programs: readonly ProgramName[] = ['operator', 'rack'];
/** Plays wait nearly all the time. */
const atOnce = 12 * availableParallelism();

/** Every place at which a program can die: after each of its effects, and for the rack, which touches machines, before each too. */
function deathsIn({ effects }: Played): Death[] {
  return programs.flatMap((program) =>
    effects[program].flatMap((_effect, nth): Death[] =>
      program === 'rack'
        ? [
            { program, nth, when: 'before' },
            { program, nth, when: 'after' },
          ]
        : [{ program, nth, when: 'after' }],
    ),
  );
}

/** One line for each part of the ending that is not as it should be. */
function differences(wanted: Ending, seen: Ending): string[] {
  const parts = (ending: Ending) =>
    Object.entries(ending).map(([name, value]) => [name, JSON.stringify(value)] as const);
  const found = new Map(parts(seen));
  return parts(wanted).flatMap(([name, value]) =>
    found.get(name) === value ? [] : [`${name} is ${found.get(name)}, not ${value}`],
  );
}

async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/**
 * The operator's controllers and the rack's power are the real ones; so is every order of their writes. Each place at which one
 * of them may die is tried, one a play, and the story has to end as it ends without a death.
 */
describe('whatever the operator or the rack dies after', () => {
  it.each(Object.entries({ ...stories, ...furtherStories }))(
    '%s',
    { timeout: 300_000 },
    async (_what, story) => {
      const { ending, effects } = await play(story);
      const deaths = deathsIn(await play(story));
      expect(deaths.length).toBeGreaterThan(4);
      const failures: string[] = [];
      let struck = 0;
      await forEach(deaths, async (death) => {
        const where = `${death.when} ${death.program}'s effect ${death.nth}, ${effects[death.program][death.nth]}`;
        try {
          const played = await play(story, death);
          if (played.died) struck += 1;
          failures.push(...differences(ending, played.ending).map((what) => `${where}: ${what}`));
        } catch (error) {
          failures.push(`${where}: ${error instanceof Error ? error.message : error}`);
        }
      });
      expect(failures.slice(0, 3).join('\n')).toBe('');
      // Nobody dies after a write that is refused, or after one that this run does not have: what a machine reports while it works
      // is written as often as there is time for it. Most deaths have to strike all the same, or nothing was tried here.
      expect(struck).toBeGreaterThan(0.5 * deaths.length);
    },
  );
});
