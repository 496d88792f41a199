import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../lab/net/free-ports.ts';
import { type BootImage, bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { importArtifact } from '../../../src/controllers/boot-image/import.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createImageCache } from '../../../src/rack/images/image-cache.ts';
import { until } from '../controllers/setting.ts';
import { requireTools } from '../netns/namespaces.ts';
import { type Setting, startSetting } from './setting.ts';

const sources = join(import.meta.dirname, '../../../src/bin');

/** From a file of somebody's computer, by mw and the server as programs, into the cache of a rack. */
describe('uploads', () => {
  let setting: Setting;
  let directory: string;
  let url: string;
  let token: string;
  let server: ReturnType<typeof spawn>;
  let log = '';
  const disk = randomBytes(6_000_000);
  const packed = zstdCompressSync(disk);
  const digest = createHash('sha256').update(packed).digest('hex');

  async function startServer(uploads = join(directory, 'uploads')): Promise<void> {
    const [port = 0] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    server = spawn(process.execPath, [join(sources, 'server.ts')], {
      env: {
        PATH: process.env.PATH,
        KUBECONFIG: setting.kubeconfigPath,
        METALWRIGHT_API_PORT: String(port),
        METALWRIGHT_HISTORY: 'false',
        METALWRIGHT_UPLOADS_DIRECTORY: uploads,
        METALWRIGHT_UPLOADS_URL: url,
        METALWRIGHT_UPLOADS_FILE_MIB: '10',
        METALWRIGHT_UPLOADS_TOTAL_MIB: '20',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', (piece) => {
        log += piece;
      });
    await until('it is ready', async () => {
      if (server.exitCode !== null) throw new Error(`the server has ended: ${log}`);
      return (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200;
    });
  }
  async function killServer(): Promise<void> {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
  }
  async function mw(...words: string[]) {
    const child = spawn(process.execPath, [join(sources, 'mw.ts'), ...words], {
      env: { PATH: process.env.PATH, METALWRIGHT_SERVER: url, METALWRIGHT_TOKEN: token },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exit: await ended, out, err };
  }
  const call = (method: string, path: string, body?: Uint8Array | object) =>
    fetch(`${url}/api/v1/uploads${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && {
          'content-type': body instanceof Uint8Array ? 'application/octet-stream' : 'application/json',
        }),
      },
      ...(body && { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
    });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-uploads-'));
    setting = await startSetting();
    token = await setting.token('librarian', {
      rules: [{ resources: ['bootimages'], verbs: ['create', 'get', 'list'] }],
    });
    await startServer();
  }, 240_000);
  afterAll(async () => {
    if (server !== undefined) await killServer();
    await setting?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const imageOf = async (name: string): Promise<BootImage> => {
    const found = await setting.client.get<BootImage>(bootImageKind, name);
    if (found === undefined) throw new Error(`there is no BootImage ${name}`);
    return found;
  };

  it('come from mw into a BootImage, which the operator imports and a rack holds', async () => {
    const path = join(directory, 'debian-12.raw.zst');
    writeFileSync(path, packed);
    const said = await mw('image', 'upload', path);
    expect(said).toMatchObject({ exit: 0, out: expect.stringContaining(`created, sha256:${digest}`) });
    const image = await imageOf('debian-12');
    expect(image.spec).toMatchObject({ os: 'debian', release: '12', purpose: 'Disk' });
    expect(await setting.fieldManagers('bootimages', 'debian-12')).toContain('metalwright-api');
    const [artifact] = image.spec.artifacts;
    if (artifact === undefined) throw new Error('it has no artifact');

    const imported = await importArtifact(
      artifact,
      { imageDirectories: [], stallMs: 10_000, progress: () => undefined },
      new AbortController().signal,
    );
    expect(imported).toEqual({
      ...{ role: 'Disk', digest: `sha256:${digest}` },
      ...{ sizeBytes: packed.length, rawSizeBytes: disk.length },
    });

    const cache = await createImageCache({
      directory: join(directory, 'rack'),
      maxBytes: 1024 ** 3,
      reserveBytes: 0,
      sources: (wanted) =>
        wanted === digest ? { source: artifact.source, sizeBytes: imported.sizeBytes } : undefined,
      log: silentLogger,
      clock: systemClock,
    });
    await cache.ensure(digest);
    const held = await cache.open(digest);
    expect(held && (await buffer(held.file.createReadStream()))).toEqual(packed);
    await cache.close();
  });

  it('go on where they were after the server was killed', async () => {
    const bytes = randomBytes(3_000_000);
    const begun: { id: string } = JSON.parse(
      await (await call('POST', '', { sizeBytes: bytes.length })).text(),
    );
    expect((await call('PUT', `/${begun.id}`, bytes.subarray(0, 1_000_000))).status).toBe(200);
    await killServer();
    await startServer();
    expect((await call('PUT', `/${begun.id}?offset=1000000`, bytes.subarray(1_000_000))).status).toBe(200);
    const image = { name: 'killed', os: 'debian', release: '12', architecture: 'amd64', format: 'Raw' };
    const wanted = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const made = await call('POST', `/${begun.id}/image`, { ...image, digest: wanted });
    expect([made.status, await made.text()]).toEqual([201, expect.stringContaining(wanted)]);
  });

  it('are refused by mw in the words of the server when they are too large', async () => {
    const path = join(directory, 'large.raw');
    writeFileSync(path, Buffer.alloc(11 * 1024 * 1024));
    const said = await mw('image', 'upload', path);
    expect(said.exit).not.toBe(0);
    expect(said.err).toContain('METALWRIGHT_UPLOADS_FILE_MIB');
    expect(await setting.client.get(bootImageKind, 'large')).toBeUndefined();
  });

  it('are refused when the disk is full, leave nothing half there, and go on when it has room', async () => {
    requireTools();
    const small = join(directory, 'small');
    const filler = join(small, 'of-somebody-else');
    const partial = join(small, 'partial');
    const bytes = [randomBytes(5_000_000), randomBytes(3_000_000)] as const;
    mkdirSync(small);
    await killServer();
    // The server wants 64 MiB to stay free when an upload begins; what comes later may take them.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', small]);
    const fillTo = (free: number): void => {
      const { bavail, bsize } = statfsSync(small);
      const there = existsSync(filler) ? statSync(filler).size : 0;
      writeFileSync(filler, Buffer.alloc(there + bavail * bsize - free));
    };
    const image = (name: string) => ({
      ...{ name, os: 'debian', release: '12', architecture: 'amd64', format: 'Raw' },
    });
    try {
      await startServer(small);
      const ids: string[] = [];
      for (const { length } of bytes) {
        const begun: { id: string } = JSON.parse(
          await (await call('POST', '', { sizeBytes: length })).text(),
        );
        ids.push(begun.id);
      }
      const [large = '', little = ''] = ids;
      const files = ids.flatMap((id) => [`${id}.bytes`, `${id}.json`]).sort();

      fillTo(2_500_000);
      const refused = await call('PUT', `/${large}`, bytes[0]);
      expect([refused.status, await refused.json()]).toEqual([
        507,
        expect.objectContaining({ code: 'UploadsFull' }),
      ]);
      const { receivedBytes }: { receivedBytes: number } = JSON.parse(
        await (await call('GET', `/${large}`)).text(),
      );
      expect(receivedBytes).toBeGreaterThan(0);
      expect(receivedBytes).toBeLessThan(2_600_000);
      expect(statSync(join(partial, `${large}.bytes`)).size).toBe(receivedBytes);
      expect(readdirSync(partial).sort()).toEqual(files);
      expect((await call('POST', '', { sizeBytes: 10 })).status).toBe(507);

      rmSync(filler);
      expect((await call('PUT', `/${little}`, bytes[1])).status).toBe(200);
      // Not even the few bytes that say which file it has become.
      fillTo(0);
      expect((await call('POST', `/${little}/image`, image('little'))).status).toBe(507);
      expect(readdirSync(partial).filter((name) => !files.includes(name))).toEqual([]);

      rmSync(filler);
      expect((await call('POST', `/${little}/image`, image('little'))).status).toBe(201);
      const rest = bytes[0].subarray(receivedBytes);
      expect((await call('PUT', `/${large}?offset=${receivedBytes}`, rest)).status).toBe(200);
      const made = await call('POST', `/${large}/image`, image('large-at-last'));
      expect([made.status, await made.text()]).toEqual([
        201,
        expect.stringContaining(createHash('sha256').update(bytes[0]).digest('hex')),
      ]);
    } finally {
      await killServer();
      execFileSync('umount', ['--lazy', small]);
      await startServer();
    }
  }, 120_000);

  it('are for whoever may create BootImages, says the API server', async () => {
    const allowed = token;
    token = await setting.token('reader', { rules: [{ resources: ['bootimages'], verbs: ['list'] }] });
    const answer = await call('POST', '', { sizeBytes: 10 });
    token = allowed;
    expect([answer.status, await answer.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'Forbidden' }),
    ]);
  });
});
