import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import type { LeaseEntry } from '../../../src/rack/dhcp4/leases/lease.ts';
import { openLeaseStore } from '../../../src/rack/dhcp4/leases/store.ts';
import { requireTools } from './namespaces.ts';

const now = 1_800_000_000_000;

function bound(number: number): LeaseEntry {
  const client = `1/52:54:00:00:00:${number}`;
  return {
    address: 0x0a000000 + number,
    subnet: 'a',
    client,
    mac: client,
    hostname: undefined,
    state: 'Bound',
    end: now,
  };
}

describe('leases on a disk that is full', () => {
  requireTools('ip');
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mw-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
  });
  afterEach(() => {
    execFileSync('umount', [directory]);
    rmSync(directory, { recursive: true });
  });

  it('are not acknowledged, and are again as soon as there is room; nothing that was acknowledged is lost', async () => {
    const open = () => openLeaseStore({ directory, clock: { now: () => now - 1000 }, log: silentLogger });
    const store = await open();
    await store.commit(bound(1));
    const ballast = join(directory, 'ballast');
    for (let size = 64 * 1024; size > 0; size -= 512) {
      try {
        writeFileSync(ballast, new Uint8Array(size));
        break;
      } catch {
        // Still too large.
      }
    }
    const kept: number[] = [1];
    const refused: number[] = [];
    for (let number = 2; number < 120; number += 1) {
      await store.commit(bound(number)).then(
        () => kept.push(number),
        (error: { code?: string }) => {
          expect(error.code).toBe('LeaseNotStored');
          refused.push(number);
        },
      );
    }
    expect(refused.length).toBeGreaterThan(0);
    expect(store.problem()).toMatch(/ENOSPC/);
    rmSync(ballast);
    await expect.poll(() => store.problem(), { timeout: 10_000 }).toBeUndefined();
    await store.commit(bound(200));
    await store.close();
    expect(statSync(join(directory, 'leases.log')).size).toBeGreaterThan(0);
    const again = await open();
    const addresses = again.list().map(({ address }) => Number(address.split('.')[3]));
    expect(addresses).toEqual(expect.arrayContaining([...kept, 200]));
    await again.close();
  });
});
