import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualTimers, type ManualTimers } from '../../../kube/manual-timers.ts';
import { silentLogger } from '../../../log/logger.ts';
import type { LeaseEntry } from './lease.ts';
import { openLeaseStore } from './store.ts';

const start = 1_800_000_000_000;
const clock = { now: () => start };

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

describe('the lease store', () => {
  let directory: string;
  let path: string;
  let timers: ManualTimers;

  beforeEach(() => {
    timers = createManualTimers();
    directory = mkdtempSync(join(tmpdir(), 'mw-leases-'));
    path = join(directory, 'leases.log');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const open = (compactAbove?: number) =>
    openLeaseStore({ directory, clock, log: silentLogger, timers, compactAbove });

  it('has an agreement in the file when the commit resolves', async () => {
    const store = await open();
    await store.commit(bound(1));
    expect(readFileSync(path, 'utf8')).toContain('10.0.0.1');
    await store.close();
  });

  it('knows after a restart what was agreed, and nothing of offers', async () => {
    const store = await open();
    await Promise.all([1, 2, 3].map((number) => store.commit(bound(number))));
    await store.commit({ ...bound(2), state: 'Released', end: start });
    store.hold({ ...bound(9), state: 'Offered' });
    await store.close();
    const again = await open();
    expect(again.list().map(({ address, state }) => [address, state])).toEqual([
      ['10.0.0.1', 'Bound'],
      ['10.0.0.2', 'Released'],
      ['10.0.0.3', 'Bound'],
    ]);
    await again.close();
  });

  it('recovers every whole record from a file that was cut anywhere, and can go on', async () => {
    const store = await open();
    for (const number of [1, 2, 3]) await store.commit(bound(number));
    await store.close();
    const whole = readFileSync(path);
    for (let length = 0; length <= whole.length; length += 7) {
      writeFileSync(path, whole.subarray(0, length));
      const lines = whole.subarray(0, length).toString().split('\n').slice(0, -1);
      const complete = lines.filter((line) => line.includes('"B"')).length;
      const recovered = await open();
      expect(recovered.list()).toHaveLength(complete);
      await recovered.commit(bound(9));
      await recovered.close();
      const again = await open();
      expect(again.list()).toHaveLength(complete + 1);
      await again.close();
    }
  });

  it('loses only the record that is damaged', async () => {
    const store = await open();
    for (const number of [1, 2, 3]) await store.commit(bound(number));
    await store.close();
    writeFileSync(path, readFileSync(path, 'utf8').replace('"10.0.0.2"', '"10.0.0.7"'));
    appendFileSync(path, 'noise');
    const again = await open();
    expect(again.list().map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.0.3']);
    await again.close();
  });

  it('writes the file anew when it is mostly history, and loses nothing', async () => {
    const store = await open(2000);
    for (let round = 0; round < 50; round += 1) {
      await Promise.all([1, 2, 3].map((number) => store.commit(bound(number, start + round))));
    }
    expect(statSync(path).size).toBeLessThan(3000);
    await store.close();
    const again = await open();
    expect(again.list().map(({ end }) => end)).toEqual([start + 49, start + 49, start + 49]);
    await again.close();
  });

  it('ignores an unfinished rewriting', async () => {
    const store = await open();
    await store.commit(bound(1));
    await store.close();
    writeFileSync(`${path}.new`, 'half a rec');
    const again = await open(1);
    await again.commit(bound(2));
    expect(again.list()).toHaveLength(2);
    await again.close();
  });

  it('forgets clients that went away a month ago', async () => {
    const store = await open(1);
    await store.commit(bound(1, start - 31 * 24 * 3600 * 1000));
    await store.commit(bound(2));
    await store.commit(bound(3));
    await store.close();
    expect(readFileSync(path, 'utf8')).not.toContain('10.0.0.1"');
  });

  it('refuses to promise anything once it is closed', async () => {
    const store = await open();
    await store.close();
    await expect(store.commit(bound(1))).rejects.toMatchObject({ code: 'LeaseNotStored' });
  });
});
