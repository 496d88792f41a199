import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../kube/manual-timers.ts';
import { createIdempotency } from './idempotency.ts';

const callerOf = (username: string) => ({ user: { username }, tokenHash: 'x' });

function setting(limits?: { keys: number; characters: number }) {
  const timers = createManualTimers();
  const idempotency = createIdempotency(timers, limits);
  let runs = 0;
  const order = (key: string | undefined, request: unknown = 'a', user = 'u', size = 1) =>
    idempotency.once({ caller: callerOf(user), key, request }, async () => {
      runs += 1;
      return { status: 201, body: { run: runs, text: 'x'.repeat(size) } };
    });
  return { timers, idempotency, order, runs: () => runs };
}

describe('an idempotency key', () => {
  it('makes one of two requests, also of two at once, for ten minutes', async () => {
    const { order, runs, timers } = setting();
    expect(await Promise.all([order('k'), order('k')])).toHaveLength(2);
    await order('k');
    expect(runs()).toBe(1);
    await timers.advance(10 * 60_000);
    await order('k');
    expect(runs()).toBe(2);
  });

  it('belongs to one user and to one request', async () => {
    const { order, runs } = setting();
    await order('k');
    await order('k', 'a', 'other');
    await order(undefined);
    expect(runs()).toBe(3);
    await expect(order('k', 'b')).rejects.toThrow(/take a new key/);
    await expect(order('a b')).rejects.toThrow(/1 to 128 printable/);
  });

  it('forgets what failed', async () => {
    const { idempotency, order, runs } = setting();
    const failing = idempotency.once({ caller: callerOf('u'), key: 'k', request: 'a' }, async () => {
      throw new Error('a test');
    });
    await expect(failing).rejects.toThrow('a test');
    await order('k');
    expect(runs()).toBe(1);
  });

  it.each([
    ['keys', { keys: 2, characters: 1e9 }, 1],
    ['characters', { keys: 1e9, characters: 250 }, 100],
  ])('is forgotten when there are too many %s', async (_what, limits, size) => {
    const { order, runs } = setting(limits);
    for (const key of ['a', 'b', 'c', 'd']) await order(key, 'a', 'u', size);
    await order('d', 'a', 'u', size);
    expect(runs()).toBe(4);
    await order('a', 'a', 'u', size);
    expect(runs()).toBe(5);
  });
});
