import { availableParallelism } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type Disturbance,
  droppedEvents,
  forgottenHistory,
  type Returned,
  randomFrom,
  staleCaches,
  stalledLeader,
} from './disturbances.ts';
import { play } from './play.ts';
import { stories } from './stories.ts';

/** The same choices at each run of all tests; other ones are for who looks for more. */
const seed = Number(process.env.METALWRIGHT_SEED ?? 1);
const timesEach = 3;
/** Plays wait nearly all the time. */
const atOnce = 16 * availableParallelism();

const spoilers: Readonly<Record<string, (random: () => number) => Disturbance>> = {
  'caches that are behind': staleCaches,
  'events that are lost until a 410': droppedEvents,
  'a history that is gone': forgottenHistory,
};

const totals = { plays: 0, tried: 0, refused: 0 };

/** Why nothing is late depends on when the boot was stopped. */
function told(value: unknown): string {
  return (JSON.stringify(value) ?? '').replace(/Late=False \w+/, 'Late=False');
}

async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Everything that comes between, one a play: it has to end as the story ends undisturbed, with no machine switched once more. */
describe('whatever comes between the programs and the API server', () => {
  it.each(Object.entries(stories))('%s', { timeout: 400_000 }, async (_what, story) => {
    const { ending, effects } = await play(story);
    const plays = Object.entries(spoilers).flatMap(([name, spoil]) =>
      Array.from({ length: timesEach }, (_, nth) => {
        const disturbance = spoil(randomFrom(seed + nth));
        const returned: Returned = { tried: 0, refused: 0 };
        return { name: `${name}, ${nth}`, disturbance, returned };
      }),
    );
    const writes = effects.operator.length;
    for (let nth = 0; nth < 2 * timesEach; nth++) {
      const random = randomFrom(seed + nth);
      const at = Math.floor(random() * writes);
      plays.push({ name: `a leader that stalls at write ${at}`, ...stalledLeader(at, random) });
    }
    const failures: string[] = [];
    await forEach(plays, async ({ name, disturbance, returned }) => {
      try {
        const played = await play(story, undefined, disturbance);
        for (const [part, value] of Object.entries(ending)) {
          const seen = told(Object.entries(played.ending).find(([key]) => key === part)?.[1]);
          if (seen !== told(value)) failures.push(`${name}: ${part} is ${seen}, not ${told(value)}`);
        }
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
      }
      totals.plays++;
      totals.tried += returned.tried;
      totals.refused += returned.refused;
    });
    expect(failures.join('\n'), `seed ${seed}`).toBe('');
  });

  afterAll(() => {
    console.log(
      `seed ${seed}: ${totals.plays} plays; leaders that came back tried ${totals.tried} writes, ${totals.refused} were refused`,
    );
  });
});
