import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './call.ts';
import { startRack, type TestRack } from './rack.ts';

const run = promisify(execFile);
const bytes = randomBytes(5 * 1024 * 1024 + 17);

let rack: TestRack;
let url: string;
let digest: string;

beforeAll(async () => {
  rack = await startRack({
    ...{ headersMs: 400, requestMs: 400, leastChunkMs: 300, leastBytesPerSecond: 1024 ** 3 },
    ...{ urlLength: 512, connectionsPerAddress: 40 },
  });
  digest = await rack.addImage(bytes);
  url = `${rack.base}/images/${digest}`;
});

afterAll(() => rack.stop());

async function curl(...options: string[]): Promise<Buffer> {
  const { stdout } = await run('curl', ['-s', ...options], {
    encoding: 'buffer',
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

describe('an image over HTTP', () => {
  it('comes whole, with its length and entity tag, neither chunked nor compressed', async () => {
    const dump = `${rack.directory}/headers`;
    const body = await curl('--compressed', '-D', dump, url);
    const headers = (await run('cat', [dump])).stdout.toLowerCase();
    expect(body.equals(bytes)).toBe(true);
    expect(headers).toContain('http/1.1 200');
    expect(headers).toContain(`content-length: ${bytes.length}`);
    expect(headers).toContain(`etag: "${digest}"`);
    expect(headers).toContain('accept-ranges: bytes');
    expect(headers).not.toMatch(/transfer-encoding|content-encoding/);
  });

  it('tells its length to a HEAD', async () => {
    const head = (await curl('-I', url)).toString();
    expect(head).toContain(`Content-Length: ${bytes.length}`.toLowerCase());
  });

  it.each([
    ['0-0', 0, 1],
    ['0-1048575', 0, 1048576],
    ['1048570-1048600', 1048570, 1048601],
    ['5242896-', 5242896, 5242897],
    ['-5', 5242892, 5242897],
    ['4000000-99999999', 4000000, 5242897],
  ])('comes in the range %s', async (range, start, end) => {
    const body = await curl('-r', range, url);
    expect(body.equals(bytes.subarray(start, end))).toBe(true);
  });

  it('goes on where a transfer was broken off', async () => {
    const path = `${rack.directory}/partial`;
    await run('curl', ['-s', '-r', '0-1999999', '-o', path, url]);
    await run('curl', ['-s', '-C', '-', '-o', path, url]);
    await run('sha256sum', [path]).then(({ stdout }) => expect(stdout).toContain(digest));
  });

  it('is not in a range behind its end', async () => {
    const { status, headers } = await call(url, { headers: { range: 'bytes=9999999-' } });
    expect(status).toBe(416);
    expect(headers['content-range']).toBe(`bytes */${bytes.length}`);
  });

  it('comes whole for a range of something else, and not at all to who has it', async () => {
    const other = await call(url, { headers: { range: 'bytes=0-9', 'if-range': '"other"' } });
    expect([other.status, other.headers['content-length']]).toEqual([200, String(bytes.length)]);
    expect((await call(url, { headers: { 'if-none-match': `"${digest}"` } })).status).toBe(304);
  });

  it('comes in several ranges at once, each byte where it belongs', async () => {
    const dump = `${rack.directory}/headers`;
    const body = await curl('-D', dump, '-r', '0-9,1000000-1000099,-5', url);
    const headers = (await run('cat', [dump])).stdout;
    const boundary = /multipart\/byteranges; boundary=(\w+)/.exec(headers)?.[1] ?? 'none';
    expect(headers).toContain(`content-length: ${body.length}`);
    const text = body.toString('latin1');
    const parts = text.split(`--${boundary}`).slice(1, -1);
    expect(parts.map((part) => /Content-Range: bytes (\S+)/.exec(part)?.[1])).toEqual([
      `0-9/${bytes.length}`,
      `1000000-1000099/${bytes.length}`,
      `${bytes.length - 5}-${bytes.length - 1}/${bytes.length}`,
    ]);
    const contents = parts.map((part) => part.slice(part.indexOf('\r\n\r\n') + 4, -2));
    expect(contents).toEqual(
      [bytes.subarray(0, 10), bytes.subarray(1000000, 1000100), bytes.subarray(-5)].map((part) =>
        part.toString('latin1'),
      ),
    );
  });

  it('has a date, and does not come again to who has it since', async () => {
    const path = `${rack.directory}/dated`;
    await run('curl', ['-s', '-R', '-o', path, url]);
    const again = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-z', path, url];
    expect((await run('curl', again)).stdout).toBe('304');
    const { headers } = await call(url, { headers: { 'if-match': '"other"' } });
    expect(headers['content-length']).toMatch(/^[1-9]/);
    expect((await call(url, { headers: { 'if-match': '"other"' } })).status).toBe(412);
  });

  it('comes three times over one connection', async () => {
    const { stderr } = await run('curl', [
      '-sv',
      '-o',
      '/dev/null',
      '-o',
      '/dev/null',
      '-o',
      '/dev/null',
      ...[url, url, url],
    ]);
    expect(stderr.match(/Re-using existing connection/g)).toHaveLength(2);
  });

  it('comes to HTTP/1.0 with its length', async () => {
    const body = await curl('--http1.0', url);
    expect(body.equals(bytes)).toBe(true);
  });

  it('is not there under another digest, nor under a path that climbs', async () => {
    for (const path of [
      `/images/${'0'.repeat(64)}`,
      '/images/..%2f..%2fetc%2fpasswd',
      '/images/../healthz',
      '/images/',
    ]) {
      const { stdout } = await run('curl', [
        '-s',
        '--path-as-is',
        '-w',
        '%{http_code}',
        `${rack.base}${path}`,
      ]);
      expect(stdout).toBe('Not found\n404');
    }
  });
});

describe('a loader over HTTP', () => {
  it('is an EFI program', async () => {
    const { headers, text } = await call(`${rack.base}/loaders/snponly.efi`);
    expect([headers['content-type'], headers['content-length'], text]).toEqual([
      'application/efi',
      '9',
      'MZ loader',
    ]);
  });
});

describe('what is no proper request', () => {
  it.each([
    ['an unknown address', '/x', 'GET', 404],
    ['a method that the address does not know', '/healthz', 'POST', 405],
    ['a method that nobody knows', '/healthz', 'BREW', 400],
    ['a path that is too long', `/${'x'.repeat(600)}`, 'GET', 414],
  ])('%s is refused with a length', async (_, path, method, status) => {
    const reply = await raw(`${method} ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(reply).toContain(`HTTP/1.1 ${status} `);
    expect(reply).toMatch(/content-length: [1-9]/i);
  });

  it('headers above 8 KiB are refused', async () => {
    expect(await raw(`GET /healthz HTTP/1.1\r\nX: ${'x'.repeat(9000)}\r\n\r\n`)).toContain('HTTP/1.1 431');
  });

  it('a problem below /agent is problem+json, elsewhere it is text', async () => {
    expect((await call(`${rack.base}/agent/v1/nothing`)).json).toMatchObject({
      status: 404,
      code: 'NotFound',
    });
    expect((await call(`${rack.base}/nothing`)).headers['content-type']).toMatch(/^text\/plain/);
  });

  it('headers that never end are cut off', async () => {
    expect(await raw('GET /healthz HTTP/1.1\r\nHost: x\r\n')).toContain('HTTP/1.1 408');
  });
});

describe('a client that does not read', () => {
  it('is cut off, and others are served meanwhile', async () => {
    const big = await rack.addImage(Buffer.alloc(64 * 1024 * 1024, 'x'));
    await rack.images.ensure(big);
    const socket = await open();
    socket.pause();
    socket.write(`GET /images/${big} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    expect((await call(url)).status).toBe(200);
    await expect.poll(() => rack.log().includes('/images/:digest')).toBe(true);
    // The rack resets the connection while the client still does not read.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    socket.resume();
    await gone;
    expect(socket.bytesRead).toBeLessThan(64 * 1024 * 1024);
  });

  it('cannot take all connections', async () => {
    const sockets = await Promise.all(Array.from({ length: 60 }, () => open().catch(() => undefined)));
    try {
      expect((await call(`${rack.base}/healthz`, { from: '127.0.0.77' })).status).toBe(200);
      await expect
        .poll(() => sockets.filter((s) => s?.destroyed === false && s.readyState === 'open').length)
        .toBeLessThanOrEqual(40);
    } finally {
      for (const socket of sockets) socket?.destroy();
    }
  });
});

function open(): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(rack.port, '127.0.0.1', () => resolve(socket));
  socket.on('error', reject);
  return promise;
}

/** What comes back on a connection until the server closes it or has answered. */
async function raw(text: string): Promise<string> {
  const socket = await open();
  const { promise, resolve } = Promise.withResolvers<string>();
  let reply = '';
  socket.on('data', (chunk) => {
    reply += chunk;
    if (/\r\n\r\n/.test(reply)) socket.end();
  });
  socket.on('close', () => resolve(reply));
  socket.write(text);
  return promise;
}
