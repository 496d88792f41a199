import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPatientPool } from './patient-pool.ts';

describe('a pool that is patient with what hangs', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const limits = { atOnce: 2, patienceMs: 100, most: 4 };

  /** Begins pieces that end when they are told to. */
  function begun(count: number, pool = createPatientPool(limits)) {
    const started: number[] = [];
    const ends = Array.from({ length: count }, () => Promise.withResolvers<void>());
    for (const [index, { promise }] of ends.entries()) {
      void pool.begin(async () => {
        started.push(index);
        await promise;
      });
    }
    return { pool, started, end: (index: number) => ends[index]!.resolve() };
  }

  const settle = () => vi.advanceTimersByTimeAsync(0);

  it('works on so many pieces at once, in the order in which they came', async () => {
    const { started, end } = begun(3);
    await settle();
    expect(started).toEqual([0, 1]);
    end(0);
    await settle();
    expect(started).toEqual([0, 1, 2]);
  });

  it('goes on with others when a piece takes long', async () => {
    const { started } = begun(4);
    await vi.advanceTimersByTimeAsync(99);
    expect(started).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('has no more under way than it may, however long they take', async () => {
    const { started, end } = begun(6);
    await vi.advanceTimersByTimeAsync(1000);
    expect(started).toEqual([0, 1, 2, 3]);
    end(2);
    await settle();
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('is idle when the last piece has ended, those that took long too', async () => {
    const { pool, end } = begun(3);
    await vi.advanceTimersByTimeAsync(200);
    let idle = false;
    void pool.idle().then(() => {
      idle = true;
    });
    for (const index of [1, 2]) end(index);
    await settle();
    expect(idle).toBe(false);
    end(0);
    await settle();
    expect(idle).toBe(true);
  });
});
