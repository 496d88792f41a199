import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { createImageCache } from './image-cache.ts';
import type { ImageCache, ImageCacheDeps, KnownArtifact } from './ports.ts';

const content = randomBytes(700_000);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const digest = digestOf(content);

let directory: string;
let server: Server | undefined;
let caches: ImageCache[];
let known: Map<string, KnownArtifact>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'metalwright-images-'));
  caches = [];
  known = new Map();
});

afterEach(async () => {
  for (const cache of caches) await cache.close();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  server = undefined;
  await rm(directory, { recursive: true, force: true });
});

async function open(more: Partial<ImageCacheDeps> = {}): Promise<ImageCache> {
  const cache = await createImageCache({
    ...{ directory: join(directory, 'cache'), maxBytes: 10_000_000, retryAfterMs: [1, 1], stallMs: 200 },
    ...{ sources: (wanted) => known.get(wanted), log: silentLogger, clock: { now: () => Date.now() } },
    ...more,
  });
  caches.push(cache);
  return cache;
}

/** A web server that answers as told, and counts. */
async function origin(answer: RequestListener): Promise<{ requests(): number }> {
  let requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/image`;
  known.set(digest, { source: { http: { url } }, sizeBytes: content.length });
  return { requests: () => requests };
}

async function fileSource(bytes: Uint8Array, sizeBytes = bytes.length): Promise<string> {
  const path = join(directory, digestOf(bytes));
  await writeFile(path, bytes);
  known.set(digestOf(bytes), { source: { file: { path } }, sizeBytes });
  return path;
}

async function read(cache: ImageCache, wanted = digest): Promise<Buffer | undefined> {
  const image = await cache.open(wanted);
  if (image === undefined) return undefined;
  const bytes = await image.file.readFile();
  await image.file.close();
  return bytes;
}

const leftovers = () => readdir(join(directory, 'cache', 'partial')).catch(() => []);

describe('an image cache', () => {
  it('fetches once for twenty misses at once, and tells of it', async () => {
    const { requests } = await origin((_, response) => response.end(content));
    const cache = await open();
    let changes = 0;
    cache.onChange(() => {
      changes += 1;
    });
    await Promise.all(Array.from({ length: 20 }, () => cache.ensure(digest)));
    expect([requests(), changes, cache.held()]).toEqual([1, 1, [digest]]);
    expect(await read(cache)).toEqual(content);
    expect(await leftovers()).toEqual([]);
  });

  it('copies from a file', async () => {
    await fileSource(content);
    const cache = await open();
    await cache.ensure(digest);
    expect(await readFile(join(directory, 'cache', 'sha256', digest))).toEqual(content);
  });

  it.each<[string, RequestListener, string, number]>([
    ['other bytes', (_, r) => r.end(randomBytes(content.length)), 'ImageDigestMismatch', 1],
    ['more bytes', (_, r) => r.end(Buffer.concat([content, content])), 'ImageDigestMismatch', 1],
    ['fewer bytes', (_, r) => r.end(content.subarray(1)), 'ImageTruncated', 3],
    [
      'a broken connection',
      (_, r) => {
        r.writeHead(200, { 'content-length': content.length });
        r.write(content.subarray(0, 1000), () => r.destroy());
      },
      'ImageSourceUnreachable',
      3,
    ],
    [
      'silence',
      (_, r) => {
        r.writeHead(200).write('x');
      },
      'ImageSourceUnreachable',
      3,
    ],
    ['not found', (_, r) => r.writeHead(404).end(), 'ImageSourceRefused', 1],
    ['an error of its own', (_, r) => r.writeHead(503).end(), 'ImageSourceRefused', 3],
  ])('stores nothing when the origin sends %s', async (_, answer, code, requests) => {
    const source = await origin(answer);
    const cache = await open();
    await expect(cache.ensure(digest)).rejects.toMatchObject({ code });
    expect(source.requests()).toBe(requests);
    expect([cache.has(digest), cache.held(), await leftovers()]).toEqual([false, [], []]);
  });

  it('tries again after a passing fault, and fetches what failed before when it is asked anew', async () => {
    let broken = 4;
    const { requests } = await origin((_, response) => {
      broken -= 1;
      if (broken > 0) response.destroy();
      else response.end(content);
    });
    const cache = await open();
    await expect(cache.ensure(digest)).rejects.toMatchObject({ code: 'ImageSourceUnreachable' });
    await cache.ensure(digest);
    expect([requests(), cache.has(digest)]).toEqual([4, true]);
  });

  it.each([
    ['is not there', () => '/nowhere/image', 'ImageSourceRefused'],
    ['is a directory', () => directory, 'ImageSourceUnreachable'],
  ])('names a file source that %s', async (_, path, code) => {
    known.set(digest, { source: { file: { path: path() } }, sizeBytes: content.length });
    await expect((await open()).ensure(digest)).rejects.toMatchObject({ code });
  });

  it('takes no digest that no BootImage names', async () => {
    await expect((await open()).ensure(digest)).rejects.toMatchObject({ code: 'ImageUnknown' });
  });
});

describe('what an earlier process left', () => {
  async function left(bytes: Uint8Array): Promise<void> {
    await mkdir(join(directory, 'cache', 'sha256'), { recursive: true });
    await writeFile(join(directory, 'cache', 'sha256', digest), bytes);
  }

  it('is held and served', async () => {
    await left(content);
    const cache = await open();
    expect(cache.held()).toEqual([digest]);
    expect(await read(cache)).toEqual(content);
  });

  it('is not held when its size is wrong, and fetched again', async () => {
    await left(content.subarray(5));
    await fileSource(content);
    const cache = await open();
    expect(cache.has(digest)).toBe(false);
    await cache.ensure(digest);
    expect(await read(cache)).toEqual(content);
  });

  it('is found damaged when it is first opened, and fetched again', async () => {
    const damaged = Buffer.from(content);
    damaged[1000] = (damaged[1000] ?? 0) ^ 1;
    await left(damaged);
    await fileSource(content);
    const cache = await open();
    expect(await Promise.all([read(cache), read(cache)])).toEqual([undefined, undefined]);
    expect(cache.has(digest)).toBe(false);
    await cache.ensure(digest);
    expect(await read(cache)).toEqual(content);
  });

  it('of unfinished transfers goes', async () => {
    await mkdir(join(directory, 'cache', 'partial'), { recursive: true });
    await writeFile(join(directory, 'cache', 'partial', `${digest}.x`), 'half');
    await open();
    expect(await leftovers()).toEqual([]);
  });
});

describe('the limit of an image cache', () => {
  it('evicts the longest unused that no BootImage names, and a reader keeps its file', async () => {
    const old = [randomBytes(400_000), randomBytes(400_000)];
    await mkdir(join(directory, 'cache', 'sha256'), { recursive: true });
    for (const [index, bytes] of old.entries()) {
      const path = join(directory, 'cache', 'sha256', digestOf(bytes));
      await writeFile(path, bytes);
      await utimes(path, 1000 + index, 1000 + index);
    }
    await fileSource(content);
    const cache = await open({ maxBytes: 1_200_000 });
    const [oldest, newer] = old.map(digestOf);
    const reader = await cache.open(newer ?? '');
    await cache.ensure(digest);
    expect(cache.held()).toEqual([newer, digest]);
    expect(cache.has(oldest ?? '')).toBe(false);
    await rm(join(directory, 'cache', 'sha256', newer ?? ''));
    expect(await reader?.file.readFile()).toEqual(old[1]);
    await reader?.file.close();
  });

  it('counts transfers under way', async () => {
    const second = randomBytes(700_000);
    await fileSource(content);
    await fileSource(second);
    const cache = await open({ maxBytes: 1_000_000 });
    const outcomes = await Promise.allSettled([cache.ensure(digest), cache.ensure(digestOf(second))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(cache.fault()).toMatchObject({ code: 'ImageCacheFull' });
    await cache.ensure(digestOf(second));
    expect([cache.held(), cache.fault()]).toEqual([[digestOf(second)], undefined]);
  });

  it('evicts no pinned image, and for an image that nobody waits for none that a BootImage names', async () => {
    const second = randomBytes(700_000);
    await fileSource(content);
    await fileSource(second);
    const cache = await open({ maxBytes: 1_000_000 });
    await cache.ensure(digest, 'Prefetch');
    const refused = { code: 'ImageCacheFull' };
    await expect(cache.ensure(digestOf(second), 'Prefetch')).rejects.toMatchObject(refused);
    expect(cache.fault()).toBeUndefined();
    known.set(digest, { source: { file: { path: '/nowhere' } }, sizeBytes: content.length, pinned: true });
    await expect(cache.ensure(digestOf(second))).rejects.toMatchObject(refused);
    known.set(digest, { source: { file: { path: '/nowhere' } }, sizeBytes: content.length });
    await cache.ensure(digestOf(second));
    expect(cache.held()).toEqual([digestOf(second)]);
  });

  it('keeps the order of use over a restart', async () => {
    const [a, b] = [randomBytes(400_000), randomBytes(400_000)];
    await fileSource(a);
    await fileSource(b);
    await fileSource(content);
    let now = Date.now();
    const more = { maxBytes: 1_200_000, clock: { now: () => now } };
    const before = await open(more);
    await before.ensure(digestOf(a));
    await before.ensure(digestOf(b));
    now += 3_600_000;
    await read(before, digestOf(a));
    await before.close();
    const path = join(directory, 'cache', 'sha256', digestOf(a));
    await expect.poll(async () => (await stat(path)).atimeMs).toBeGreaterThan(now - 1000);
    const after = await open(more);
    await after.ensure(digest);
    expect(after.held().sort()).toEqual([digestOf(a), digest].sort());
  });

  it('leaves the reserve of the disk to others', async () => {
    await fileSource(content);
    const cache = await open({ reserveBytes: Number.MAX_SAFE_INTEGER });
    await expect(cache.ensure(digest)).rejects.toMatchObject({ code: 'ImageDiskFull' });
    expect(cache.fault()?.message).toContain('the disk of the rack has no room');
  });
});
