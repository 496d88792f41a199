import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bootImageKind } from '../../../api/boot-image/schema.ts';
import { silentLogger } from '../../../log/logger.ts';
import { startTestServer, type TestServer } from '../../testing/server.ts';
import { openUploadStore } from '../../uploads/store.ts';
import { byteRange } from './range.ts';

const url = 'https://metalwright.example';
const zstd = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

describe('uploads by the REST API', () => {
  let directory: string;
  let server: TestServer;
  let base: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metalwright-uploads-'));
    const store = await openUploadStore({
      ...{ directory, log: silentLogger, clock: { now: () => Date.now() } },
      limits: { fileBytes: 5_000_000, totalBytes: 8_000_000, keepMs: 3_600_000 },
    });
    server = await startTestServer({ uploads: { store, url } });
    server.rules.tokens = { ...server.rules.tokens, ann: 'ann', bob: 'bob' };
    server.rules.rights = { ann: ['create bootimages'] };
    const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
    base = `http://127.0.0.1:${port}`;
  });
  afterEach(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function call(method: string, path: string, body?: object, token = 'ann') {
    const isBytes = body instanceof Uint8Array;
    const response = await fetch(`${base}/api/v1/uploads${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined
          ? {}
          : { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }
  async function uploaded(bytes: Buffer): Promise<string> {
    const { body } = await call('POST', '', { sizeBytes: bytes.length });
    expect((await call('PUT', `/${body.id}`, bytes)).status).toBe(200);
    return body.id;
  }
  const image = { name: 'debian-12', os: 'debian', release: '12', architecture: 'amd64' };

  it('make a BootImage that says where the file is and what it must be', async () => {
    const bytes = Buffer.concat([zstd, randomBytes(3_000_000)]);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const id = await uploaded(bytes);
    const made = await call('POST', `/${id}/image`, {
      ...image,
      digest: `sha256:${digest}`,
      labels: { a: 'b' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { metadata: { name: 'debian-12', labels: { a: 'b' } } },
    });
    const held = bootImageKind.parse(await server.memory.get(bootImageKind, 'debian-12'));
    expect(held.spec).toMatchObject({
      ...{ os: 'debian', release: '12', architecture: 'amd64', purpose: 'Disk' },
      artifacts: [
        {
          ...{ role: 'Disk', format: 'RawZstd', digest: `sha256:${digest}` },
          source: { http: { url: `${url}/api/v1/uploads/sha256/${digest}` } },
        },
      ],
    });
    expect((await call('GET', `/${id}`)).status).toBe(404);
    const response = await fetch(`${base}/api/v1/uploads/sha256/${digest}`);
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    const rest = await fetch(`${base}/api/v1/uploads/sha256/${digest}`, {
      headers: { range: 'bytes=2999999-' },
    });
    expect(rest.status).toBe(206);
    expect(Buffer.from(await rest.arrayBuffer())).toEqual(bytes.subarray(2_999_999));
  });

  it('keep the file when the name is taken, so that another name is enough', async () => {
    const id = await uploaded(randomBytes(100));
    await server.memory.create(bootImageKind, {
      metadata: { name: 'debian-12' },
      spec: { ...image, architecture: 'amd64', purpose: 'Disk', artifacts: [] },
    });
    expect(await call('POST', `/${id}/image`, image)).toMatchObject({
      status: 409,
      body: { code: 'AlreadyExists' },
    });
    expect((await call('POST', `/${id}/image`, { ...image, name: 'debian-12b' })).status).toBe(201);
  });

  it('are for whoever may make BootImages, and each for who began it', async () => {
    const { body } = await call('POST', '', { sizeBytes: 10 });
    expect((await call('GET', '', undefined, 'bob')).body.code).toBe('Forbidden');
    expect((await call('PUT', `/${body.id}`, randomBytes(10), 'bob')).body.code).toBe('Forbidden');
    expect((await call('PUT', `/${body.id}`, randomBytes(10), 'admin')).body.code).toBe('NotFound');
    expect((await call('GET', '', undefined, 'admin')).body.items).toEqual([]);
    expect((await call('GET', '')).body).toMatchObject({
      limits: { fileBytes: 5_000_000, usedBytes: 10 },
      items: [{ sizeBytes: 10, receivedBytes: 0 }],
    });
    expect((await call('DELETE', `/${body.id}`)).status).toBe(204);
  });

  it.each([
    ['a file beyond the limit, before a byte is sent', { sizeBytes: 5_000_001 }, 413, 'BodyTooLarge'],
    ['a file without bytes', { sizeBytes: 0 }, 400, 'BadRequest'],
    ['a size that is none', { sizeBytes: 1.5 }, 400, 'BadRequest'],
  ])('refuse %s', async (_what, body, status, code) => {
    expect(await call('POST', '', body)).toMatchObject({ status, body: { code } });
  });

  it('refuse more bytes than were announced, and say so to who is still sending', async () => {
    const { body } = await call('POST', '', { sizeBytes: 1000 });
    expect(await call('PUT', `/${body.id}`, randomBytes(3_000_000))).toMatchObject({
      status: 413,
      body: { code: 'BodyTooLarge' },
    });
  });

  it('refuse what is no image of a disk, and let the format be said', async () => {
    const id = await uploaded(Buffer.concat([Buffer.from([0x51, 0x46, 0x49, 0xfb]), randomBytes(100)]));
    expect((await call('POST', `/${id}/image`, image)).body).toMatchObject({
      code: 'Invalid',
      detail: expect.stringContaining('qemu-img convert'),
    });
    const raw = await uploaded(randomBytes(100));
    expect((await call('POST', `/${raw}/image`, { ...image, format: 'RawZstd' })).body.code).toBe('Invalid');
  });

  it('refuse another digest than was announced', async () => {
    const id = await uploaded(randomBytes(100));
    const digest = `sha256:${'0'.repeat(64)}`;
    expect((await call('POST', `/${id}/image`, { ...image, digest })).body.code).toBe('UploadMismatch');
    expect(await server.memory.get(bootImageKind, 'debian-12')).toBeUndefined();
  });

  it('keep what a client sent that went away half way', async () => {
    const { body } = await call('POST', '', { sizeBytes: 2_000_000 });
    const sending = request(`${base}/api/v1/uploads/${body.id}`, {
      method: 'PUT',
      headers: {
        authorization: 'Bearer ann',
        'content-type': 'application/octet-stream',
        'content-length': 2_000_000,
      },
    });
    sending.on('error', () => undefined);
    const bytes = randomBytes(2_000_000);
    sending.write(bytes.subarray(0, 1_500_000));
    const there = async (): Promise<number> => (await call('GET', `/${body.id}`)).body.receivedBytes;
    while ((await there()) === 0) await new Promise(setImmediate);
    sending.destroy();
    const rest = async (): Promise<number> => {
      const offset = await there();
      return (await call('PUT', `/${body.id}?offset=${offset}`, bytes.subarray(offset))).status;
    };
    while ((await rest()) !== 200);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    expect((await call('POST', `/${body.id}/image`, { ...image, format: 'Raw', digest })).status).toBe(201);
  });

  it.each(['..%2f..%2fetc%2fpasswd', '%00', 'A'.repeat(64), '0'.repeat(64)])(
    'have no file for the digest %s',
    async (digest) => {
      const response = await fetch(`${base}/api/v1/uploads/sha256/${digest}`);
      expect(response.status).toBe(404);
    },
  );

  it('say what to set where nobody said where to keep them', async () => {
    const without = await startTestServer();
    try {
      const answer = await without.app.inject({
        url: '/api/v1/uploads',
        headers: { authorization: 'Bearer admin' },
      });
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toMatchObject({
        code: 'UploadsUnavailable',
        detail: expect.stringContaining('METALWRIGHT_UPLOADS_DIRECTORY'),
      });
    } finally {
      await without.stop();
    }
  });
});

describe('a range of bytes', () => {
  it.each([
    [undefined, undefined],
    ['bytes=0-', { from: 0, to: 99 }],
    ['bytes=10-19', { from: 10, to: 19 }],
    ['bytes=90-1000', { from: 90, to: 99 }],
    ['bytes=100-', undefined],
    ['bytes=20-10', undefined],
    ['bytes=-5', undefined],
    ['bytes=0-1,5-6', undefined],
    ['lines=0-1', undefined],
  ])('of %s is %j', (header, range) => {
    expect(byteRange(header, 100)).toEqual(range);
  });
});
