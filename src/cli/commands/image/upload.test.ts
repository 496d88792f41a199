import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainTerminal } from '../../../../test/fixtures/terminal.ts';
import { kubeError } from '../../../kube/errors.ts';
import type { Context } from '../../command.ts';
import { main } from '../../main.ts';
import { commands } from '../table.ts';

const id = '5f0c5f2e-5d6b-4a43-9d2e-0a4f3a1c7b10';

describe('mw image upload', () => {
  let server: Server;
  let url: string;
  let directory: string;
  let stored: Buffer;
  let asked: string[];
  let image: Record<string, unknown> | undefined;
  let items: object[];
  /** Breaks the connection, or refuses, instead of storing. */
  let trouble: ((put: number) => 'Break' | 'Full' | undefined) | undefined;
  let out: string;
  let err: string;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-mw-upload-'));
    [stored, asked, items, out, err] = [Buffer.alloc(0), [], [], '', ''];
    [image, trouble] = [undefined, undefined];
    let puts = 0;
    server = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      asked.push(`${request.method} ${pathname}`);
      const upload = { id, receivedBytes: stored.length };
      const answer = (status: number, body: object): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (request.method === 'PUT') {
        const wrong = trouble?.(puts++);
        if (wrong === 'Break') {
          // Half of it is stored before the connection goes.
          const bytes = await buffer(request);
          stored = Buffer.concat([stored, bytes.subarray(0, bytes.length / 2)]);
          request.socket.destroy();
        } else if (wrong === 'Full') {
          await buffer(request);
          answer(507, { code: 'UploadsFull', detail: 'the disk of the server is full' });
        } else {
          expect(Number(searchParams.get('offset'))).toBe(stored.length);
          stored = Buffer.concat([stored, await buffer(request)]);
          answer(200, { id, receivedBytes: stored.length });
        }
      } else if (request.method === 'POST') {
        const body: Record<string, unknown> = JSON.parse((await buffer(request)).toString());
        if (pathname.endsWith('/image')) image = body;
        answer(201, upload);
      } else answer(200, pathname.endsWith('/uploads') ? { items } : upload);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function upload(name: string, bytes: Uint8Array, ...words: string[]): Promise<string> {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    const context = (): Context => ({
      terminal: plainTerminal(
        (text) => {
          out += text;
        },
        (text) => {
          err += text;
        },
      ),
      version: '0.0.0',
      rest: { server: url, token: 'mine' },
      cluster: async () => {
        throw kubeError('KubeconfigInvalid', 'there is none');
      },
      now: () => 0,
      signal: new AbortController().signal,
      readFile: async () => '',
    });
    return main(['image', 'upload', path, ...words], commands, context);
  }
  const zstd = (length: number): Buffer =>
    Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), randomBytes(length)]);
  const digestOf = (bytes: Uint8Array): string =>
    `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

  it('sends the file in slices, and says what it is, by its name and its first bytes', async () => {
    const bytes = zstd(20_000_000);
    expect([await upload('debian-12.raw.zst', bytes), err]).toEqual(['ok', expect.stringContaining('80 %')]);
    expect(stored.equals(bytes)).toBe(true);
    expect(image).toEqual({
      ...{ name: 'debian-12', os: 'debian', release: '12', architecture: 'amd64', format: 'RawZstd' },
      digest: digestOf(bytes),
    });
    expect(out).toContain('bootimage.metalwright.dev/debian-12 created');
  });

  it('says what it is told', async () => {
    const words = '--name own --os rocky --release 9 --architecture arm64 --kernel-arguments'.split(' ');
    await upload('disk.img', randomBytes(100), ...words, 'console=ttyS0 quiet');
    expect(image).toMatchObject({
      ...{ name: 'own', os: 'rocky', release: '9', architecture: 'arm64', format: 'Raw' },
      kernelArguments: ['console=ttyS0', 'quiet'],
    });
  });

  it('goes on where a connection broke', async () => {
    trouble = (put) => (put === 1 ? 'Break' : undefined);
    const bytes = zstd(20_000_000);
    expect(await upload('debian-12.raw.zst', bytes)).toBe('ok');
    expect(stored.equals(bytes)).toBe(true);
    expect(image).toMatchObject({ digest: digestOf(bytes) });
  });

  it('goes on with what an earlier command sent', async () => {
    const bytes = zstd(1_000_000);
    stored = bytes.subarray(0, 300_000);
    items = [{ id, fileName: 'debian-12.raw.zst', sizeBytes: bytes.length, receivedBytes: stored.length }];
    expect(await upload('debian-12.raw.zst', bytes)).toBe('ok');
    expect(asked).not.toContain('POST /api/v1/uploads');
    expect(stored.equals(bytes)).toBe(true);
    expect(image).toMatchObject({ digest: digestOf(bytes) });
  });

  it('says what the server says when it has no room, and tries no more', async () => {
    trouble = () => 'Full';
    expect(await upload('debian-12.raw.zst', zstd(100))).toBe('refused');
    expect(err).toContain('the disk of the server is full');
    expect(asked.filter((line) => line.startsWith('PUT'))).toHaveLength(1);
  });

  it('sends nothing of what is no image of a disk', async () => {
    expect(await upload('debian.qcow2', Buffer.from([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3]))).toBe('usage');
    expect(err).toContain('qemu-img convert');
    expect(asked).toEqual([]);
  });
});
