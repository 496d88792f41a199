import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ImageArtifact } from '../../api/boot-image/schema.ts';
import { notARawDisk } from '../../domain/boot/disk-beginning.ts';
import { nameOfUrl } from './http-source.ts';
import { importArtifact } from './import.ts';

/** Zeros with something at the end, larger than any buffer in between. */
const disk = Buffer.alloc(3 * 1024 * 1024);
disk.write('the end', disk.length - 7);
const never = new AbortController().signal;

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function artifact(source: ImageArtifact['source'], part: Partial<ImageArtifact> = {}): ImageArtifact {
  return { role: 'Disk', format: 'Raw', source, ...part };
}

let root: string;
let images: string;
let server: Server | undefined;
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'metalwright-import-')));
  images = join(root, 'images');
  await mkdir(images);
  await writeFile(join(root, 'secret'), 'secret');
  await writeFile(join(images, 'disk.raw'), disk);
});
afterAll(() => rm(root, { recursive: true }));
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

function importFrom(
  source: ImageArtifact['source'],
  part: Partial<ImageArtifact> = {},
  options: {
    stallMs?: number;
    signal?: AbortSignal;
    progress?: (bytes: number, total: number | undefined) => void;
  } = {},
) {
  const { stallMs = 10_000, signal = never, progress = () => undefined } = options;
  return importArtifact(artifact(source, part), { imageDirectories: [images], stallMs, progress }, signal);
}

async function file(name: string, bytes: Uint8Array): Promise<ImageArtifact['source']> {
  await writeFile(join(images, name), bytes);
  return { file: { path: join(images, name) } };
}

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
}

describe('importing a file', () => {
  it('measures it and takes its digest', async () => {
    expect(await importFrom({ file: { path: join(images, 'disk.raw') } })).toEqual({
      role: 'Disk',
      digest: digestOf(disk),
      sizeBytes: disk.length,
      rawSizeBytes: disk.length,
    });
  });

  it.each([
    ['RawZstd' as const, zstdCompressSync(disk)],
    ['RawGzip' as const, gzipSync(disk)],
  ])('measures what a %s unpacks to', async (format, packed) => {
    expect(await importFrom(await file(format, packed), { format })).toEqual({
      role: 'Disk',
      digest: digestOf(packed),
      sizeBytes: packed.length,
      rawSizeBytes: disk.length,
    });
  });

  it('says of a kernel only what a kernel has', async () => {
    const kernel = gzipSync('a kernel may well be packed');
    expect(await importFrom(await file('vmlinuz', kernel), { role: 'Kernel' })).toEqual({
      role: 'Kernel',
      digest: digestOf(kernel),
      sizeBytes: kernel.length,
    });
  });

  it('says how far it is, with the size of the whole', async () => {
    const seen: [number, number | undefined][] = [];
    await importFrom(
      { file: { path: join(images, 'disk.raw') } },
      {},
      { progress: (...step) => seen.push(step) },
    );
    expect(seen.at(-1)).toEqual([disk.length, disk.length]);
    expect(seen.length).toBeGreaterThan(1);
  });

  it('follows a link that stays inside', async () => {
    await symlink(join(images, 'disk.raw'), join(images, 'link'));
    expect((await importFrom({ file: { path: join(images, 'link') } })).sizeBytes).toBe(disk.length);
  });

  it('accepts the digest that is asked for, and no other', async () => {
    const source = { file: { path: join(images, 'disk.raw') } };
    expect((await importFrom(source, { digest: digestOf(disk) })).digest).toBe(digestOf(disk));
    await expect(importFrom(source, { digest: digestOf(Buffer.from('x')) })).rejects.toMatchObject({
      code: 'DigestMismatch',
      retryable: false,
      message: expect.stringContaining(digestOf(disk)),
    });
  });

  it.each<[string, () => string | Promise<string>, string]>([
    ['that does not exist', () => join(images, 'missing'), 'SourceNotFound'],
    ['elsewhere', () => join(root, 'secret'), 'SourceNotAllowed'],
    [
      'elsewhere that does not exist, so that nobody learns what exists',
      () => join(root, 'missing'),
      'SourceNotAllowed',
    ],
    ['that leads out by dots', () => `${images}/../secret`, 'SourceNotAllowed'],
    [
      'that is a link to elsewhere',
      async () => {
        await symlink(join(root, 'secret'), join(images, 'leak'));
        return join(images, 'leak');
      },
      'SourceNotAllowed',
    ],
    ['that is a device', () => '/dev/zero', 'SourceNotAllowed'],
    [
      'that is a device behind a link',
      async () => {
        await symlink('/dev/zero', join(images, 'zero'));
        return join(images, 'zero');
      },
      'SourceNotAllowed',
    ],
    [
      'that is a pipe which nobody writes to',
      () => {
        execFileSync('mkfifo', [join(images, 'pipe')]);
        return join(images, 'pipe');
      },
      'SourceNotAllowed',
    ],
    ['that is a directory', () => images, 'SourceNotAllowed'],
  ])('refuses one %s', async (_sentence, path, code) => {
    await expect(importFrom({ file: { path: await path() } })).rejects.toMatchObject({ code });
  });

  it.each<[string, Buffer, ImageArtifact['format'], string]>([
    ['an empty file', Buffer.alloc(0), 'Raw', 'is empty'],
    ['a zstd file that breaks off', zstdCompressSync(disk).subarray(0, -3), 'RawZstd', 'unexpected end'],
    ['a gzip file that breaks off', gzipSync(disk).subarray(0, -3), 'RawGzip', 'unexpected end'],
    ['a file that is no zstd at all', Buffer.from('nothing'), 'RawZstd', 'ImageCorrupt'],
    [
      'a zstd file of several frames, of which an agent would write the first',
      Buffer.concat([zstdCompressSync(disk.subarray(-100)), zstdCompressSync(disk)]),
      'RawZstd',
      'pack it as one frame',
    ],
    ['a qcow2 image', Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'), 'Raw', 'qemu-img convert'],
    ['a packed image that is called raw', zstdCompressSync(disk), 'Raw', 'set format: RawZstd'],
    [
      'a qcow2 image that is packed',
      zstdCompressSync(Buffer.from('QFI\xfb\0\0\0\x03', 'latin1')),
      'RawZstd',
      'qcow2',
    ],
  ])('refuses %s', async (sentence, bytes, format, message) => {
    const failure = await importFrom(await file(sentence.replaceAll(' ', '-'), bytes), { format }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'ImageCorrupt', retryable: false });
    if (message !== 'ImageCorrupt')
      expect(failure).toMatchObject({ message: expect.stringContaining(message) });
  });
});

describe('importing from a web server', () => {
  it('measures it, without compression on the way', async () => {
    let asked: string | undefined;
    const url = await serve((request, response) => {
      asked = request.headers['accept-encoding'];
      response.setHeader('content-length', disk.length);
      response.end(disk);
    });
    const progress: (number | undefined)[] = [];
    const imported = await importFrom(
      { http: { url: `${url}/disk.raw` } },
      {},
      { progress: (_bytes, total) => progress.push(total) },
    );
    expect(imported).toMatchObject({ digest: digestOf(disk), sizeBytes: disk.length });
    expect(progress.at(-1)).toBe(disk.length);
    expect(asked).toBe('identity');
  });

  it('takes an answer whose length is not known', async () => {
    const url = await serve((_request, response) => {
      response.write(disk.subarray(0, 1000));
      response.end(disk.subarray(1000));
    });
    expect((await importFrom({ http: { url } })).digest).toBe(digestOf(disk));
  });

  it('follows redirects', async () => {
    const url = await serve(({ url: path }, response) => {
      if (path === '/latest') response.writeHead(302, { location: '/12/disk.raw' }).end();
      else response.end(disk);
    });
    expect((await importFrom({ http: { url: `${url}/latest` } })).digest).toBe(digestOf(disk));
  });

  it.each<[string, RequestListener, string, boolean]>([
    ['is not there', (_request, response) => response.writeHead(404).end(), 'SourceNotFound', false],
    ['is forbidden', (_request, response) => response.writeHead(403).end(), 'SourceRefused', false],
    ['is not ready', (_request, response) => response.writeHead(503).end(), 'SourceFailed', true],
    ['is asked too often', (_request, response) => response.writeHead(429).end(), 'SourceFailed', true],
    ['answers with nothing', (_request, response) => response.writeHead(204).end(), 'SourceRefused', false],
    [
      'redirects for ever',
      (_request, response) => response.writeHead(302, { location: '/' }).end(),
      'SourceRefused',
      false,
    ],
    [
      'redirects to a file',
      (_request, response) => response.writeHead(302, { location: 'file:///etc/shadow' }).end(),
      'SourceRefused',
      false,
    ],
    ['hangs up', (_request, response) => response.destroy(), 'SourceFailed', true],
    [
      'breaks off',
      (_request, response) => {
        response.setHeader('content-length', disk.length);
        response.write(disk.subarray(0, 1_000_000), () => response.destroy());
      },
      'SourceFailed',
      true,
    ],
    [
      'breaks off without having said how much comes',
      (_request, response) => response.write(disk.subarray(0, 1_000_000), () => response.destroy()),
      'SourceFailed',
      true,
    ],
    [
      'compresses although it was asked not to',
      (_request, response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync(disk));
      },
      'SourceRefused',
      false,
    ],
    ['never answers', () => undefined, 'SourceFailed', true],
    [
      'stalls in the middle',
      (_request, response) => response.write(disk.subarray(0, 1000)),
      'SourceFailed',
      true,
    ],
  ])('fails when it %s', async (_sentence, listener, code, retryable) => {
    const url = await serve(listener);
    await expect(importFrom({ http: { url: `${url}/` } }, {}, { stallMs: 200 })).rejects.toMatchObject({
      code,
      retryable,
    });
  });

  it('cannot reach a server that is not there', async () => {
    const url = await serve(() => undefined);
    server?.close();
    await expect(importFrom({ http: { url } })).rejects.toMatchObject({
      code: 'SourceFailed',
      retryable: true,
    });
  });

  it('ends with the reason of whoever ends it', async () => {
    const url = await serve((_request, response) => response.write(disk.subarray(0, 1000)));
    const ending = new AbortController();
    const reason = new Error('enough');
    await expect(
      importFrom({ http: { url } }, {}, { signal: ending.signal, progress: () => ending.abort(reason) }),
    ).rejects.toThrow();
    expect(ending.signal.aborted).toBe(true);
  });

  it('tells nobody the secrets in a URL', async () => {
    const url = await serve((_request, response) => response.writeHead(403).end());
    const failure = await importFrom({ http: { url: `${url}/disk.raw?signature=secret` } }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ message: expect.stringContaining(`${url}/disk.raw: HTTP 403`) });
    expect(String(failure)).not.toContain('secret');
    expect(nameOfUrl('https://user:pass@example.com/a?b=c#d')).toBe('https://example.com/a');
  });

  it('sends no password out of a URL', async () => {
    const url = (await serve((_request, response) => response.end(disk))).replace('//', '//user:hidden@');
    const failure = await importFrom({ http: { url } }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'SourceRefused' });
    expect(String(failure)).not.toContain('hidden');
  });
});

describe('what begins like no raw disk', () => {
  it.each([
    ['boot code', [0xeb, 0x63, 0x90, 0x10]],
    ['zeros', [0, 0, 0, 0, 0, 0]],
    ['nothing', []],
    ['half a magic number', [0x51, 0x46]],
  ])('is not %s', (_sentence, bytes) => {
    expect(notARawDisk(Uint8Array.from(bytes))).toBeUndefined();
  });
});
