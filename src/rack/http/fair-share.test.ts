import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { createFairShare, type FairShare, type FairShareOptions, type ShareStream } from './fair-share.ts';

const mib = 1024 * 1024;

/** Streams that always have more, and clients that take a chunk in `takesMs`. */
function setting(options: Partial<FairShareOptions> = {}) {
  const timers = createManualTimers();
  const share = createFairShare({ timers, ...options });
  const sent = new Map<string, number>();

  function run(client: string, takesMs: number, chunk = mib): ShareStream {
    const stream = share.open(client);
    void (async () => {
      while (await stream.turn(chunk)) {
        await new Promise<void>((resolve) => {
          timers.after(takesMs, resolve);
        });
        sent.set(client, (sent.get(client) ?? 0) + chunk);
        stream.done();
      }
    })();
    return stream;
  }
  return { timers, share, sent, run, mibOf: (client: string) => (sent.get(client) ?? 0) / mib };
}

describe('shares of clients', () => {
  it('are equal under a rate, however many connections one of them has', async () => {
    const { run, timers, mibOf } = setting({ bytesPerSecond: 100 * mib });
    for (let connection = 0; connection < 16; connection += 1) run('greedy', 1);
    for (const client of ['a', 'b', 'c']) run(client, 1);
    await timers.advance(4_000);
    const shares = ['greedy', 'a', 'b', 'c'].map(mibOf);
    for (const share of shares) expect(Math.abs(share - 100)).toBeLessThan(4);
  });

  it('leave what a slow client cannot take to the others', async () => {
    const { run, timers, mibOf } = setting({ bytesPerSecond: 100 * mib });
    run('slow', 500);
    for (const client of ['a', 'b']) run(client, 1);
    await timers.advance(10_000);
    expect(mibOf('slow')).toBeGreaterThanOrEqual(18);
    for (const client of ['a', 'b']) expect(mibOf(client)).toBeGreaterThan(480);
  });

  it('go round in turns when the budget is smaller than the clients are many', async () => {
    const { run, timers, mibOf } = setting({ budgetBytes: 4 * mib });
    const clients = Array.from({ length: 40 }, (_, index) => `client-${index}`);
    for (const client of clients) run(client, 10);
    await timers.advance(10_000);
    const shares = clients.map(mibOf);
    expect(Math.min(...shares)).toBeGreaterThan(95);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
  });

  it('are equal in bytes, also when chunks are not', async () => {
    const { run, timers, mibOf } = setting({ bytesPerSecond: 100 * mib });
    run('large', 1, 4 * mib);
    run('small', 1, mib / 4);
    await timers.advance(4_000);
    expect(Math.abs(mibOf('large') - mibOf('small'))).toBeLessThan(10);
  });

  it('are not held up by clients that are slow all the time', async () => {
    const { run, timers, mibOf } = setting({ budgetBytes: 4 * mib });
    for (let slow = 0; slow < 20; slow += 1) run(`slow-${slow}`, 800);
    run('fast', 10);
    await timers.advance(10_000);
    expect(mibOf('fast')).toBeGreaterThan(800);
    expect(mibOf('slow-0')).toBeGreaterThanOrEqual(10);
  });

  it('are not held up by clients that take nothing', async () => {
    const { run, timers, mibOf } = setting({ budgetBytes: 4 * mib });
    for (let dead = 0; dead < 20; dead += 1) run(`dead-${dead}`, 1_000_000);
    run('alive', 10);
    await timers.advance(10_000);
    expect(mibOf('alive')).toBeGreaterThan(300);
  });
});

describe('the connections of one client', () => {
  it('take long turns, one at a time', async () => {
    const timers = createManualTimers();
    const share = createFairShare({ timers, turnBytes: 4 * mib });
    const order: string[] = [];
    for (const name of ['x', 'y']) {
      const stream = share.open('client');
      void (async () => {
        for (let chunk = 0; chunk < 8 && (await stream.turn(mib)); chunk += 1) {
          order.push(name);
          await new Promise<void>((resolve) => {
            timers.after(1, resolve);
          });
          stream.done();
        }
        stream.close();
      })();
    }
    await timers.advance(1_000);
    expect(order.join('')).toBe('xxxxyyyyxxxxyyyy');
    expect(share.stats()).toEqual({ clients: 0, streams: 0, waiting: 0 });
  });

  it('pass the turn on when its holder has no bytes for a while', async () => {
    const timers = createManualTimers();
    const share = createFairShare({ timers });
    const [first, second] = [share.open('client'), share.open('client')];
    expect(first.turn(mib)).toBe(true);
    const granted: string[] = [];
    void Promise.resolve(second.turn(mib)).then(() => granted.push('second'));
    first.done();
    await timers.advance(49);
    expect(granted).toEqual([]);
    await timers.advance(2);
    expect(granted).toEqual(['second']);
  });

  it('are each given up at once', async () => {
    const timers = createManualTimers();
    const share: FairShare = createFairShare({ timers });
    const [first, second, third] = [share.open('c'), share.open('c'), share.open('c')];
    expect(first.turn(mib)).toBe(true);
    const waits = [second.turn(mib), third.turn(mib)];
    second.close();
    first.close();
    expect(await Promise.all(waits)).toEqual([false, true]);
    third.close();
    expect(await third.turn(1)).toBe(false);
    expect([share.stats(), timers.pending()]).toEqual([{ clients: 0, streams: 0, waiting: 0 }, 0]);
  });
});
