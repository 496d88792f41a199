import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TaskEvent } from './contract.ts';
import { createReporter } from './reporter.ts';

/** A rack that answers when it is told to, and a heartbeat that beats when it is told to. */
function setup() {
  const posted: TaskEvent[] = [];
  const said: string[] = [];
  const answers: (() => void)[] = [];
  const beats: (() => void)[] = [];
  const reporter = createReporter({
    heartbeatMs: 8000,
    say: (message) => said.push(message),
    post(event) {
      posted.push(event);
      const { promise, resolve } = Promise.withResolvers<void>();
      answers.push(resolve);
      return promise;
    },
    timing: {
      now: () => 0,
      random: () => 0,
      sleep(_ms, signal) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        beats.push(resolve);
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
        return promise;
      },
    },
  });
  const answer = async (): Promise<void> => {
    answers.shift()?.();
    await setImmediate();
  };
  const beat = async (): Promise<void> => {
    beats.shift()?.();
    await setImmediate();
  };
  return { reporter, posted, said, answer, beat };
}

describe('the reporter', () => {
  it('sends one event at a time, in order, with rising numbers', async () => {
    const { reporter, posted, answer } = setup();
    reporter.report('A', 'one');
    reporter.report('B', 'two');
    expect(posted.map(({ message }) => message)).toEqual(['one']);
    await answer();
    expect(posted.map(({ sequence, message }) => [sequence, message])).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
  });

  it('keeps only the newest percentage while the rack is away', async () => {
    const { reporter, posted, answer } = setup();
    reporter.report('Write', 'w', 0);
    for (const percent of [10, 20, 30.7]) reporter.report('Write', 'w', percent);
    reporter.report('Done', 'd');
    await answer();
    await answer();
    expect(posted.map(({ percent, step }) => [step, percent])).toEqual([
      ['Write', 0],
      ['Write', 30],
      ['Done', undefined],
    ]);
  });

  it('repeats the last event when nothing happens', async () => {
    const { reporter, posted, answer, beat } = setup();
    reporter.report('Write', 'w', 5);
    await answer();
    await beat(); // Something happened before this one.
    await beat();
    await answer();
    await beat();
    expect(posted.map(({ sequence, percent }) => [sequence, percent])).toEqual([
      [1, 5],
      [2, 5],
      [3, 5],
    ]);
  });

  it('does not pile up heartbeats while the rack is away', async () => {
    const { reporter, posted, beat, answer } = setup();
    reporter.report('A', 'one');
    reporter.report('B', 'two');
    await beat();
    await beat();
    await answer();
    expect(posted).toHaveLength(2);
  });

  it('waits for what is left, but not for ever', async () => {
    const { reporter, posted, answer, beat } = setup();
    reporter.report('A', 'one');
    const closed = reporter.close(5000);
    await beat();
    await beat();
    await closed;
    expect(posted).toHaveLength(1);
    await answer();
  });
});
