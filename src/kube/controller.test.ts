import { describe, expect, it } from 'vitest';
import { silentLogger } from '../log/logger.ts';
import { runController } from './controller.ts';
import { createManualTimers } from './manual-timers.ts';

const backoff = { baseMs: 100, maxMs: 1000 };

describe('controller', () => {
  it('tries a key that failed again, with growing waits, and others meanwhile', async () => {
    const timers = createManualTimers();
    const seen: [string, number][] = [];
    const controller = runController({
      name: 'test',
      backoff,
      timers,
      random: () => 0.999,
      log: silentLogger,
      async reconcile(key) {
        seen.push([key, timers.monotonic()]);
        if (key === 'bad' && seen.filter(([each]) => each === 'bad').length < 4) throw new Error('not yet');
        return undefined;
      },
    });
    controller.enqueue('bad');
    controller.start();
    controller.enqueueAfter('good', 50);
    await timers.advance(10_000);
    expect(seen).toEqual([
      ['bad', 0],
      ['good', 50],
      ['bad', 99],
      ['bad', 298],
      ['bad', 697],
    ]);
    await controller.stop();
  });

  it('comes back to a key when the reconcile asked for it', async () => {
    const timers = createManualTimers();
    const times: number[] = [];
    const controller = runController({
      name: 'test',
      timers,
      log: silentLogger,
      async reconcile() {
        times.push(timers.monotonic());
        return { requeueAfterMs: 1000 };
      },
    });
    controller.start();
    controller.enqueue('a');
    await timers.advance(3500);
    expect(times).toEqual([0, 1000, 2000, 3000]);
    await controller.stop();
    expect(timers.pending()).toBe(0);
  });

  it('works on as many keys at a time as it may, and on each key once at a time', async () => {
    const timers = createManualTimers();
    const finish: (() => void)[] = [];
    const controller = runController({
      name: 'test',
      concurrency: 2,
      timers,
      log: silentLogger,
      reconcile: () => new Promise((resolve) => finish.push(() => resolve(undefined))),
    });
    controller.start();
    for (const key of ['a', 'a', 'b', 'c']) controller.enqueue(key);
    await timers.advance(0);
    controller.enqueue('a');
    await timers.advance(0);
    expect(finish).toHaveLength(2);
    finish[0]?.();
    await timers.advance(0);
    expect(finish).toHaveLength(3);
    const stopped = controller.stop();
    for (const each of finish) each();
    await stopped;
  });

  it('tells running reconciles of the stop and waits for them', async () => {
    const timers = createManualTimers();
    const ended: string[] = [];
    const controller = runController({
      name: 'test',
      timers,
      log: silentLogger,
      async reconcile(key, signal) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        ended.push(key);
        throw new Error('aborted');
      },
    });
    controller.start();
    controller.enqueue('a');
    await timers.advance(0);
    await controller.stop();
    expect(ended).toEqual(['a']);
    expect(timers.pending()).toBe(0);
  });
});
