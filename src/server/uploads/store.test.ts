import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import type { UploadStore } from './ports.ts';
import { openUploadStore } from './store.ts';

const hour = 3_600_000;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the store of uploads', () => {
  let directory: string;
  let store: UploadStore;
  let now: number;
  const limits = { fileBytes: 5_000_000, totalBytes: 8_000_000, keepMs: 24 * hour };
  const reopen = async (): Promise<void> => {
    store = await openUploadStore({ directory, limits, log: silentLogger, clock: { now: () => now } });
  };
  const begin = (sizeBytes: number) => store.begin({ owner: 'ann', sizeBytes, fileName: 'disk.raw' });
  const stored = (): Promise<string[]> => readdir(join(directory, 'sha256'));

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metalwright-uploads-'));
    now = Date.now();
    await reopen();
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('stores a file in pieces, over a restart, and names it by its digest', async () => {
    const bytes = randomBytes(3_000_000);
    const { id } = await begin(bytes.length);
    await store.receive(id, 0, Readable.from([bytes.subarray(0, 700_000)]));
    await store.receive(id, 700_000, Readable.from([bytes.subarray(700_000, 1_900_000)]));
    await store.close();
    await reopen();
    expect(store.find(id, 'ann')).toMatchObject({ receivedBytes: 1_900_000, fileName: 'disk.raw' });
    await store.receive(id, 1_900_000, Readable.from([bytes.subarray(1_900_000)]));
    const digest = sha256(bytes);
    expect(await store.seal(id, digest)).toEqual({ digest, sizeBytes: bytes.length });
    expect(await readFile(join(directory, 'sha256', digest))).toEqual(bytes);
    expect(await store.seal(id)).toEqual({ digest, sizeBytes: bytes.length });
    await store.forget(id);
    expect(await readdir(join(directory, 'partial'))).toEqual([]);
    const opened = await store.open(digest);
    expect(opened?.sizeBytes).toBe(bytes.length);
    await opened?.file.close();
  });

  it('keeps what came before the sender broke off, and goes on there', async () => {
    const bytes = randomBytes(2_000_000);
    const { id } = await begin(bytes.length);
    const sender = new PassThrough({ highWaterMark: 4_000_000 });
    const receiving = store.receive(id, 0, sender);
    sender.write(bytes.subarray(0, 1_500_000));
    while ((store.find(id, 'ann')?.receivedBytes ?? 0) === 0) await new Promise(setImmediate);
    sender.destroy(new Error('connection reset'));
    await expect(receiving).rejects.toMatchObject({ code: 'RequestTimeout' });
    const there = store.find(id, 'ann')?.receivedBytes ?? 0;
    await store.receive(id, there, Readable.from([bytes.subarray(there)]));
    expect(await store.seal(id)).toMatchObject({ digest: sha256(bytes) });
  });

  it('lets whoever comes back take over from a connection that nobody closed', async () => {
    const bytes = randomBytes(1000);
    const { id } = await begin(bytes.length);
    const silent = store.receive(id, 0, new PassThrough());
    const ended = expect(silent).rejects.toMatchObject({ code: 'UploadConflict' });
    expect(await store.receive(id, 0, Readable.from([bytes]))).toMatchObject({ receivedBytes: 1000 });
    await ended;
    expect(await store.seal(id)).toMatchObject({ digest: sha256(bytes) });
  });

  it.each([
    ['another offset', 5, 10, 'UploadConflict'],
    ['more bytes than were announced', 0, 101, 'BodyTooLarge'],
  ])('refuses %s', async (_what, offset, length, code) => {
    const { id } = await begin(100);
    await expect(store.receive(id, offset, Readable.from([randomBytes(length)]))).rejects.toMatchObject({
      code,
    });
    expect(store.find(id, 'ann')?.receivedBytes).toBe(0);
  });

  it('does not name what is not complete', async () => {
    const { id } = await begin(100);
    await store.receive(id, 0, Readable.from([randomBytes(99)]));
    await expect(store.seal(id)).rejects.toMatchObject({ code: 'UploadConflict' });
    expect(await stored()).toEqual([]);
  });

  it('throws away what has another digest than was announced', async () => {
    const { id } = await begin(100);
    await store.receive(id, 0, Readable.from([randomBytes(100)]));
    await expect(store.seal(id, sha256(Buffer.from('x')))).rejects.toMatchObject({ code: 'UploadMismatch' });
    expect(store.find(id, 'ann')).toBeUndefined();
    expect(await stored()).toEqual([]);
    expect(store.usedBytes()).toBe(0);
  });

  it('keeps the same bytes once, whoever sends them', async () => {
    const bytes = randomBytes(1000);
    const ids = (await Promise.all([begin(1000), begin(1000)])).map(({ id }) => id);
    await Promise.all(ids.map((id) => store.receive(id, 0, Readable.from([bytes]))));
    await Promise.all(ids.map((id) => store.seal(id)));
    for (const id of ids) await store.forget(id);
    expect(await stored()).toEqual([sha256(bytes)]);
    expect(store.usedBytes()).toBe(1000);
  });

  it('has room for so much, counting what is still to come', async () => {
    await expect(begin(5_000_001)).rejects.toMatchObject({ code: 'BodyTooLarge' });
    const { id } = await begin(5_000_000);
    await expect(begin(3_000_001)).rejects.toMatchObject({ code: 'UploadsFull' });
    await store.forget(id);
    expect((await begin(3_000_001)).receivedBytes).toBe(0);
  });

  it('shows an upload to its owner alone', async () => {
    const { id } = await begin(10);
    expect(store.find(id, 'bob')).toBeUndefined();
    expect(store.list('bob')).toEqual([]);
    expect(store.list('ann')).toHaveLength(1);
  });

  it('removes in time what nobody goes on with and what no BootImage names, and nothing else', async () => {
    const sealed = async (bytes: Buffer): Promise<string> => {
      const { id } = await begin(bytes.length);
      await store.receive(id, 0, Readable.from([bytes]));
      const { digest } = await store.seal(id);
      await store.forget(id);
      return digest;
    };
    const [named, unnamed] = [await sealed(randomBytes(10)), await sealed(randomBytes(20))];
    const { id } = await begin(30);
    now += 23 * hour;
    await store.sweep(new Set([named]));
    expect((await stored()).sort()).toEqual([named, unnamed].sort());
    now += 2 * hour;
    await store.sweep(new Set([named]));
    expect(await stored()).toEqual([named]);
    expect(store.find(id, 'ann')).toBeUndefined();
    // Counted from when a BootImage named it last, also by the next process.
    await store.close();
    await reopen();
    now += 23 * hour;
    await store.sweep(new Set());
    expect(await stored()).toEqual([named]);
    now += 2 * hour;
    await store.sweep(new Set());
    expect(await stored()).toEqual([]);
  });

  it('removes at the start what no process can go on with', async () => {
    const { id } = await begin(10);
    await writeFile(join(directory, 'partial', 'junk'), 'x');
    await writeFile(join(directory, 'partial', `${id}.json`), '{');
    await store.close();
    await reopen();
    expect(await readdir(join(directory, 'partial'))).toEqual([]);
  });

  it.each(['../../etc/passwd', '..', '', 'a'.repeat(63), `${'a'.repeat(63)}G`])(
    'opens nothing by the digest %j',
    async (digest) => {
      expect(await store.open(digest)).toBeUndefined();
    },
  );
});
