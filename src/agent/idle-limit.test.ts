import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIdleLimit } from './idle-limit.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the limit of an idle machine', () => {
  it('ends one that nobody gives work', () => {
    const { signal } = createIdleLimit(1000);
    vi.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.aborted).toBe(true);
  });

  it('does not count while there is work, however long, and counts anew after it', async () => {
    const { signal, busy } = createIdleLimit(1000);
    const done = Promise.withResolvers<void>();
    vi.advanceTimersByTime(900);
    const work = busy(() => done.promise);
    vi.advanceTimersByTime(1_000_000);
    expect(signal.aborted).toBe(false);
    done.resolve();
    await work;
    vi.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.aborted).toBe(true);
  });

  it('counts again after work that failed', async () => {
    const { signal, busy } = createIdleLimit(1000);
    await expect(busy(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    vi.advanceTimersByTime(1000);
    expect(signal.aborted).toBe(true);
  });
});
