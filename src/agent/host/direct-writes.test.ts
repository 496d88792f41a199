import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBlockDevice } from './block-device.ts';
import { openDirectWrites } from './direct-writes.ts';

const sector = 4096;
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

describe('direct writes', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-direct-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  function aFile(name: string, bytes: number): string {
    const path = join(directory, name);
    writeFileSync(path, Buffer.alloc(bytes));
    return path;
  }

  it.each([
    ['a position within a sector', 512, sector],
    ['a length that is no whole sector', 0, sector + 512],
    ['nothing', 0, 0],
    ['more than it has room for', 0, 8 * 1024 * 1024],
  ])('leave %s to others', async (_, position, length) => {
    const path = aFile('refused', 4 * sector);
    const direct = await openDirectWrites(path);
    expect(await direct.tryWrite(position, filled(length, 1))).toBe(false);
    await direct.close();
    expect(readFileSync(path).every((byte) => byte === 0)).toBe(true);
  });

  it('take one write at a time, and never mix two', async () => {
    const path = aFile('two', 2 * sector);
    const direct = await openDirectWrites(path);
    const [first, second] = await Promise.all([
      direct.tryWrite(0, filled(sector, 1)),
      direct.tryWrite(sector, filled(sector, 2)),
    ]);
    await direct.close();
    expect(second).toBe(false);
    const bytes = readFileSync(path);
    // Where the file system of the test knows no direct writes, none is made.
    expect(bytes[0]).toBe(first ? 1 : 0);
    expect(bytes[sector]).toBe(0);
  });

  it('leave a disk as ordinary writes do, whatever the ranges', async () => {
    const path = aFile('device', 8 * sector);
    const device = await openBlockDevice(path, 8 * sector, undefined);
    await device.write(0, filled(2 * sector, 1));
    await device.write(sector - 7, filled(9, 2));
    await device.write(4 * sector, filled(sector + 1, 3));
    await device.write(sector, filled(sector, 4));
    await device.sync();
    const seen = await device.read(0, 8 * sector);
    await device.close();
    const wanted = Buffer.alloc(8 * sector);
    wanted.fill(1, 0, 2 * sector);
    wanted.fill(2, sector - 7, sector + 2);
    wanted.fill(3, 4 * sector, 5 * sector + 1);
    wanted.fill(4, sector, 2 * sector);
    expect(Buffer.from(seen).equals(wanted)).toBe(true);
    expect(readFileSync(path).equals(wanted)).toBe(true);
  });
});
