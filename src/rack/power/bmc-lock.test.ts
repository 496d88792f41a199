import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BmcPacing, createBmcLock, pacedDriver } from './bmc-lock.ts';
import type { PowerDriver } from './driver.ts';
import { virtualTime } from './testing/virtual-time.ts';

const pacing: BmcPacing = { changeMs: 5_000, queryMs: 1_000, inrushMs: 0 };
const unpaced: BmcPacing = { changeMs: 0, queryMs: 0, inrushMs: 0 };
const { signal } = new AbortController();

function lockWith(chosen: BmcPacing) {
  const time = virtualTime();
  return { time, lock: createBmcLock({ clock: time, delay: time.delay, pacing: chosen }) };
}

describe('the lock of a BMC', () => {
  it('never lets two commands of one BMC run at once, and keeps their order', async () => {
    const commands = fc.array(fc.record({ bmc: fc.constantFrom('a', 'b', 'c'), fails: fc.boolean() }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(commands, fc.scheduler(), async (given, scheduler) => {
        const { lock } = lockWith(unpaced);
        const running = new Map<string, number>();
        const order = new Map<string, number[]>(['a', 'b', 'c'].map((name) => [name, []]));
        const all = given.map(({ bmc, fails }, index) =>
          lock
            .run(
              bmc,
              'query',
              async () => {
                expect(running.get(bmc) ?? 0).toBe(0);
                running.set(bmc, 1);
                await scheduler.schedule(Promise.resolve());
                running.set(bmc, 0);
                order.get(bmc)?.push(index);
                if (fails) throw new Error('failed');
              },
              signal,
            )
            .catch(() => undefined),
        );
        await scheduler.waitFor(Promise.all(all));
        for (const done of order.values()) expect(done).toEqual([...done].sort((x, y) => x - y));
        expect([...order.values()].flat()).toHaveLength(given.length);
      }),
    );
  });

  it('lets a BMC that hangs delay no other', async () => {
    const { lock } = lockWith(unpaced);
    const hang = Promise.withResolvers<void>();
    const hanging = lock.run('slow', 'query', () => hang.promise, signal);
    expect(await lock.run('quick', 'query', async () => 'done', signal)).toBe('done');
    hang.resolve();
    await hanging;
  });

  it('pauses between the commands of a BMC: longer before a change', async () => {
    const { lock, time } = lockWith(pacing);
    const run = (kind: 'query' | 'change') => lock.run('bmc', kind, async () => undefined, signal);
    await run('change');
    await run('query');
    await run('change');
    await run('query');
    await run('query');
    expect(time.waits).toEqual([1_000, 4_000, 1_000, 1_000]);
  });

  it('keeps the place of those behind one that gave up waiting', async () => {
    const { lock } = lockWith(unpaced);
    const first = Promise.withResolvers<void>();
    const order: string[] = [];
    const one = lock.run('bmc', 'query', () => first.promise.then(() => void order.push('one')), signal);
    const controller = new AbortController();
    const two = lock.run('bmc', 'query', async () => void order.push('two'), controller.signal);
    const three = lock.run('bmc', 'query', async () => void order.push('three'), signal);
    controller.abort(new Error('enough'));
    await expect(two).rejects.toThrow('enough');
    expect(order).toEqual([]);
    first.resolve();
    await Promise.all([one, three]);
    expect(order).toEqual(['one', 'three']);
  });

  it('takes the same address in capitals for the same BMC', async () => {
    const { lock, time } = lockWith(pacing);
    await lock.run('bmc-1', 'query', async () => undefined, signal);
    await lock.run('BMC-1', 'query', async () => undefined, signal);
    expect(time.waits).toEqual([1_000]);
  });

  it('turns the machines of a rack on one after the other, and queries nobody later for it', async () => {
    const starts: number[] = [];
    const time = virtualTime();
    const released = Promise.withResolvers<void>();
    const delay = (ms: number, by: AbortSignal) => released.promise.then(() => time.delay(ms, by));
    const lock = createBmcLock({ clock: time, delay, pacing: { ...unpaced, inrushMs: 200 } });
    const turnOn = (bmc: string) =>
      lock.run(bmc, 'turn-on', async () => void starts.push(time.now()), signal);
    const all = [turnOn('a'), turnOn('b'), turnOn('c')];
    await lock.run('d', 'query', async () => {}, signal);
    await all[0];
    expect(starts).toHaveLength(1);
    released.resolve();
    await Promise.all(all);
    expect(starts.map((at) => at - (starts[0] ?? 0))).toEqual([0, 200, 400]);
  });

  it('is around every command of a paced driver but close', async () => {
    const { lock, time } = lockWith(pacing);
    const calls: string[] = [];
    const driver: PowerDriver = {
      bootDevices: new Set(),
      status: async () => {
        calls.push('status');
        return 'On';
      },
      on: async () => void calls.push('on'),
      off: async () => void calls.push('off'),
      setBootDevice: async (device) => void calls.push(device),
      close: async () => void calls.push('close'),
    };
    const paced = pacedDriver(driver, 'bmc', lock);
    await paced.off(signal);
    await paced.setBootDevice('Disk', signal);
    await paced.on(signal);
    expect(await paced.status(signal)).toBe('On');
    await paced.close();
    expect(calls).toEqual(['off', 'Disk', 'on', 'status', 'close']);
    expect(time.waits).toEqual([5_000, 5_000, 1_000]);
  });
});
