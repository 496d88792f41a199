import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import { openLeaseStore } from '../../../src/rack/dhcp4/leases/store.ts';

const leases = 100_000;
const source = resolve(import.meta.dirname, '../../../src');

/** What a fresh process does: open the store, and say how long that took and how large it is then. */
const program = `
  import { openLeaseStore } from '${source}/rack/dhcp4/leases/store.ts';
  import { silentLogger } from '${source}/log/logger.ts';
  const before = performance.now();
  const cpu = process.cpuUsage();
  const store = await openLeaseStore({ directory: process.argv[1], clock: { now: Date.now }, log: silentLogger });
  const { user, system } = process.cpuUsage(cpu);
  const ms = Math.round(performance.now() - before);
  console.log(JSON.stringify({ live: store.live(), ms, cpuMs: (user + system) / 1000, rss: process.memoryUsage().rss }));
  await store.close();
`;

describe(`a store of ${leases} leases`, () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mw-many-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('opens with all of them and needs less than 300 MiB', async () => {
    const clock = { now: () => Date.now() };
    const store = await openLeaseStore({ directory, clock, log: silentLogger });
    const commits: Promise<void>[] = [];
    for (let number = 0; number < leases; number += 1) {
      const hex = number.toString(16).padStart(6, '0');
      const mac = `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
      const end = clock.now() + 3_600_000;
      const entry = { subnet: 'subnet', client: `1/${mac}`, mac, hostname: `host-${number}`, end } as const;
      commits.push(store.commit({ ...entry, address: 0x0a000000 + number, state: 'Bound' }));
    }
    await Promise.all(commits);
    await store.close();
    const args = ['--input-type=module-typescript', '-e', program, directory];
    const { live, ms, cpuMs, rss } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    console.log(
      `${live} leases: opened in ${ms} ms (${Math.round(cpuMs)} ms of CPU), ${Math.round(rss / 2 ** 20)} MiB`,
    );
    expect(live).toBe(leases);
    expect(rss).toBeLessThan(300 * 2 ** 20);
  });
});
