import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../../kube/manual-timers.ts';
import { silentLogger } from '../../../log/logger.ts';
import type { LeaseEntry } from './lease.ts';
import { openLeaseStore } from './store.ts';
import { createMemoryDisk, type MemoryDisk } from './testing/memory-disk.ts';

const start = 1_800_000_000_000;

function bound(number: number, end = start + 600_000): LeaseEntry {
  const mac = `52:54:00:00:00:${number.toString(16).padStart(2, '0')}`;
  return {
    address: 0x0a000000 + number,
    subnet: 'a',
    client: `1/${mac}`,
    mac,
    hostname: undefined,
    state: 'Bound',
    end,
  };
}

async function openOn(disk: MemoryDisk, process: { dead: boolean }, compactAbove = 600) {
  const timers = createManualTimers();
  const store = await openLeaseStore({
    directory: 'memory',
    files: disk.mount(process),
    clock: { now: () => start },
    log: silentLogger,
    timers,
    compactAbove,
  });
  return { store, timers };
}

describe('the lease log after a crash', () => {
  it('has every acknowledged lease, at whatever step of writing and rewriting the power fails', async () => {
    const steps = fc.integer({ min: 1, max: 60 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        steps,
        share,
        fc.array(fc.nat(5), { minLength: 5, maxLength: 40 }),
        async (step, part, numbers) => {
          const disk = createMemoryDisk();
          const process = { dead: false };
          let left = step;
          disk.before = () => {
            left -= 1;
            if (left <= 0) process.dead = true;
          };
          const acknowledged = new Map<number, number>();
          const { store } = await openOn(disk, process);
          for (const [round, number] of numbers.entries()) {
            await store.commit(bound(number, start + 1000 + round)).then(
              () => acknowledged.set(number, start + 1000 + round),
              () => {},
            );
          }
          disk.before = () => {};
          disk.losePower(part);
          const again = await openOn(disk, { dead: false });
          const found = new Map(
            again.store.list().map((lease) => [Number(lease.address.split('.')[3]), lease.end]),
          );
          for (const [number, end] of acknowledged) expect(found.get(number)).toBeGreaterThanOrEqual(end);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('loses at most the record that a flipped bit is in, and forgets that it knows its slices', async () => {
    const disk = createMemoryDisk();
    const { store } = await openOn(disk, { dead: false }, 1e9);
    await store.acquire({
      slice: 's',
      id: 'i',
      first: 0x0a000000,
      last: 0x0a0000ff,
      blockedUntil: 0,
      keep: true,
    });
    for (let number = 1; number <= 8; number += 1) await store.commit(bound(number));
    await store.close();
    const whole = Buffer.from(disk.content('leases.log') ?? '');
    for (let at = 0; at < whole.length; at += 1) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
      disk.put('leases.log', bytes);
      const again = await openOn(disk, { dead: false }, 1e9);
      expect(again.store.list().length).toBeGreaterThanOrEqual(7);
      // A line feed is no record: where that was hit, nothing is lost.
      if (whole[at] === 10) expect(again.store.list()).toHaveLength(8);
      expect(again.store.acquisition('s')).toBeUndefined();
      await again.store.commit(bound(9));
      await again.store.close();
      const third = await openOn(disk, { dead: false }, 1e9);
      expect(third.store.list().length).toBeGreaterThanOrEqual(8);
    }
  });

  it('gives a lease what was left of it, whatever date the node has at its next start', async () => {
    for (const jump of [-5e8, -1000, 0, 1000, 5e8]) {
      const disk = createMemoryDisk();
      const { store } = await openOn(disk, { dead: false });
      await store.commit(bound(1));
      await store.close();
      const later = await openLeaseStore({
        directory: 'memory',
        files: disk.mount({ dead: false }),
        clock: { now: () => start + jump },
        log: silentLogger,
        timers: createManualTimers(),
      });
      expect(later.view.at(0x0a000001)?.end).toBe(start + jump + 600_000);
      await later.commit(bound(2, start + jump + 1000));
      await later.close();
      const third = await openOn(disk, { dead: false });
      expect(third.store.view.at(0x0a000001)?.end).toBe(start + 600_000);
      expect(third.store.view.at(0x0a000002)?.end).toBe(start + 1000);
    }
  });

  it('knows what it had promised before the disk failed, no more, and stores again when the disk is back', async () => {
    const disk = createMemoryDisk();
    const { store, timers } = await openOn(disk, { dead: false });
    await store.commit(bound(1, start + 1000));
    disk.before = () => {
      throw new Error('EIO: i/o error');
    };
    const attempts = [
      store.commit(bound(1, start + 5000)),
      store.commit(bound(2)),
      store.commit(bound(1, start + 9000)),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'LeaseNotStored' });
    expect(store.problem()).toMatch('EIO');
    expect(store.view.at(0x0a000001)).toMatchObject({ state: 'Bound', end: start + 1000 });
    expect(store.view.at(0x0a000002)?.state).toBe('Offered');
    disk.before = () => {};
    await timers.advance(1000);
    expect(store.problem()).toBeUndefined();
    await store.commit(bound(3));
    await store.close();
    const again = await openOn(disk, { dead: false });
    expect(again.store.list().map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.0.3']);
  });
});
