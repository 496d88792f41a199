import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipv4FromNumber } from '../../../src/domain/net/address.ts';
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
    execFileSync('umount', ['-l', directory]);
    rmSync(directory, { recursive: true });
  });

  it('are not acknowledged, and are again as soon as there is room; nothing that was acknowledged is lost', async () => {
    const open = () => openLeaseStore({ directory, clock: { now: () => now - 1000 }, log: silentLogger });
    const store = await open();
    await store.commit(bound(1));
    const ballast = join(directory, 'ballast');
    fill(ballast, 64 * 1024);
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

// A container may have no loop devices.
describe.skipIf(!existsSync('/dev/loop-control'))('leases on a disk that fails', () => {
  requireTools('mkfs.ext2');
  let backing: string;
  let directory: string;

  beforeEach(() => {
    backing = mkdtempSync(join(tmpdir(), 'mw-backing-'));
    directory = mkdtempSync(join(tmpdir(), 'mw-failing-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', backing]);
    const image = join(backing, 'disk');
    writeFileSync(image, '');
    truncateSync(image, 8 * 1024 * 1024);
    execFileSync('mkfs.ext2', ['-q', '-F', '-m', '0', image]);
    execFileSync('mount', ['-o', 'loop', image, directory]);
  });
  afterEach(() => {
    execFileSync('umount', ['-l', directory]);
    execFileSync('umount', ['-l', backing]);
    rmSync(directory, { recursive: true });
    rmSync(backing, { recursive: true });
  });

  it('are not acknowledged when the kernel says so only at fsync: what was acknowledged before is known', {
    timeout: 120_000,
  }, async () => {
    const store = await openLeaseStore({
      directory,
      clock: { now: () => now - 1000 },
      log: silentLogger,
    });
    await store.commit(bound(1));
    // The file system has room and takes the bytes; the disk below it has none.
    fill(join(backing, 'ballast'), 1024 * 1024);
    const kept = [1];
    let failure: { code?: string; message?: string } = {};
    for (let number = 2; number < 20_000 && failure.code === undefined; number += 1) {
      await store.commit(bound(number)).then(
        () => kept.push(number),
        (error: { code?: string; message?: string }) => {
          failure = error;
        },
      );
    }
    expect(failure).toMatchObject({ code: 'LeaseNotStored', message: expect.stringMatching(/EIO|ENOSPC/) });
    expect(store.problem()).toMatch(/EIO|ENOSPC/);
    rmSync(join(backing, 'ballast'));
    await expect.poll(() => store.problem(), { timeout: 30_000 }).toBeUndefined();
    await store.commit(bound(200_000));
    await store.close();
    const again = await openLeaseStore({ directory, clock: { now: () => now - 1000 }, log: silentLogger });
    const addresses = again.list().map(({ address }) => address);
    for (const number of [...kept, 200_000]) expect(addresses).toContain(ipv4FromNumber(0x0a000000 + number));
    await again.close();
  });
});

/** Takes what room there is, in a file. */
function fill(path: string, atMost: number): void {
  for (let size = atMost; size > 0; size -= 512) {
    try {
      writeFileSync(path, new Uint8Array(size));
      return;
    } catch {
      // Still too large.
    }
  }
}
