import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualTimers } from './manual-timers.ts';
import { createWorkQueue } from './work-queue.ts';

const backoff = { baseMs: 100, maxMs: 1000 };

function makeQueue() {
  const timers = createManualTimers();
  return { timers, queue: createWorkQueue({ timers, backoff, random: () => 0.999 }) };
}

describe('work queue', () => {
  it('gives keys in the order in which they came, each once', async () => {
    const { queue } = makeQueue();
    for (const key of ['b', 'a', 'b', 'c', 'a']) queue.add(key);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['b', 'a', 'c']);
    expect(queue.length()).toBe(0);
  });

  it('holds back a key that a worker has, and gives it once more when that worker is done', async () => {
    const { queue } = makeQueue();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.length()).toBe(0);
    queue.done('a');
    expect(await queue.take()).toBe('a');
    queue.done('a');
    expect(queue.length()).toBe(0);
  });

  it('wakes exactly one waiting worker for a key', async () => {
    const { queue } = makeQueue();
    const first = queue.take();
    const second = queue.take();
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
  });

  it('keeps the earliest of several delays', async () => {
    const { queue, timers } = makeQueue();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 900);
    await timers.advance(99);
    expect(queue.length()).toBe(0);
    await timers.advance(1);
    expect(queue.length()).toBe(1);
    expect(timers.pending()).toBe(0);
  });

  it('waits longer after each failure, and briefly again once forgotten', () => {
    const { queue } = makeQueue();
    expect([1, 2, 3, 4, 5].map(() => queue.addRateLimited('a'))).toEqual([99, 199, 399, 799, 999]);
    expect(queue.failures('a')).toBe(5);
    queue.forget('a');
    expect(queue.addRateLimited('a')).toBe(99);
  });

  it('lets every waiting worker go when it is shut down, and leaves no timer behind', async () => {
    const { queue, timers } = makeQueue();
    const waiting = queue.take();
    queue.addAfter('a', 1000);
    queue.shutDown();
    expect(await waiting).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    expect(timers.pending()).toBe(0);
  });

  it('never has two workers on a key and loses nothing, whatever the order of events', async () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), key }),
      fc.record({ kind: fc.constant('addAfter' as const), key, ms: fc.nat(300) }),
      fc.record({ kind: fc.constant('addRateLimited' as const), key }),
      fc.record({ kind: fc.constant('take' as const) }),
      fc.record({ kind: fc.constant('done' as const), key }),
      fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(200) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { queue, timers } = makeQueue();
        const working = new Set<string>();
        /** Keys that were added and that no worker took since. */
        const owed = new Set<string>();
        const onTaken = (taken: string | undefined): void => {
          if (taken === undefined) return;
          expect(working.has(taken)).toBe(false);
          working.add(taken);
          owed.delete(taken);
        };
        const settle = () => timers.advance(0);
        for (const each of steps) {
          if (each.kind === 'add') queue.add(each.key);
          if (each.kind === 'addAfter') queue.addAfter(each.key, each.ms);
          if (each.kind === 'addRateLimited') queue.addRateLimited(each.key);
          if (each.kind === 'take') void queue.take().then(onTaken);
          if (each.kind === 'advance') await timers.advance(each.ms);
          if (each.kind === 'done' && working.delete(each.key)) queue.done(each.key);
          // A worker that was waiting takes the key in the next turn, after this.
          if ('key' in each && each.kind !== 'done') owed.add(each.key);
          await settle();
        }
        for (let turn = 0; turn < 10; turn++) {
          await timers.advance(2000);
          for (const busy of [...working]) {
            working.delete(busy);
            queue.done(busy);
          }
          await settle();
          void queue.take().then(onTaken);
          await settle();
        }
        expect([...owed]).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
