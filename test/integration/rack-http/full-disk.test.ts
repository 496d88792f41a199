import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { call } from './call.ts';
import { startRack, type TestRack } from './rack.ts';

const run = promisify(execFile);
const mib = 1024 * 1024;

let rack: TestRack;
let mounted: string;

/** A cache on a disk of 8 MiB. */
beforeEach(async () => {
  mounted = await mkdtemp(join(tmpdir(), 'metalwright-small-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mounted]);
});

afterEach(async () => {
  await rack.stop();
  await run('umount', [mounted]);
  await run('rmdir', [mounted]);
});

it('makes room on a disk that is smaller than the limit of the cache', async () => {
  rack = await startRack({}, { images: { directory: mounted, reserveBytes: 0 } });
  const [first, second] = [
    await rack.addImage(randomBytes(5 * mib)),
    await rack.addImage(randomBytes(6 * mib)),
  ];
  await rack.images.ensure(first);
  await rack.images.ensure(second);
  expect(rack.images.held()).toEqual([second]);
});

it('names a disk that is full, leaves nothing behind, and serves what it holds', async () => {
  rack = await startRack({}, { images: { directory: mounted, reserveBytes: 0 } });
  const held = await rack.addImage(randomBytes(2 * mib));
  const coming = await rack.addImage(randomBytes(5 * mib));
  await rack.images.ensure(held);
  // Somebody else fills the disk between the look and the writing: the look cannot be relied upon.
  await run('fallocate', ['-l', '4M', join(mounted, 'of-others')]);
  const known = rack.known.get(held);
  if (known !== undefined) rack.known.set(held, { ...known, pinned: true });
  await expect(rack.images.ensure(coming)).rejects.toMatchObject({ code: 'ImageDiskFull' });
  expect(rack.images.fault()).toMatchObject({ code: 'ImageDiskFull' });
  expect(await readdir(join(mounted, 'partial')).catch(() => [])).toEqual([]);
  const reply = await call(`${rack.base}/images/${coming}`);
  expect([reply.status, reply.text]).toEqual([503, expect.stringContaining('ImageDiskFull')]);
  expect((await call(`${rack.base}/images/${held}`)).status).toBe(200);
  await run('rm', [join(mounted, 'of-others')]);
  await rack.images.ensure(coming);
  expect(rack.images.fault()).toBeUndefined();
});

it('names a disk that fills up under a transfer', async () => {
  rack = await startRack({}, { images: { directory: mounted, reserveBytes: -64 * mib } });
  const coming = await rack.addImage(randomBytes(12 * mib));
  await expect(rack.images.ensure(coming)).rejects.toMatchObject({ code: 'ImageDiskFull' });
  expect(await readdir(join(mounted, 'partial'))).toEqual([]);
});
