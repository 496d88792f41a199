import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { pagePolicy } from './answer.ts';
import { clientRoutes } from './client-routes.ts';
import { loadWebFiles } from './files.ts';

const page = `<!doctype html><title>Metalwright</title>${' '.repeat(2_000)}`;
let directory: string;
let server: TestServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'web-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), page);
  writeFileSync(join(directory, 'favicon.svg'), '<svg/>');
  writeFileSync(join(directory, 'assets', 'index-abc.js'), 'export {};');
  writeFileSync(join(directory, 'secret.pem'), 'not for the web');
  server = await startTestServer({ webFiles: await loadWebFiles(directory) });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const get = (url: string, headers: Record<string, string> = {}) =>
  server.app.inject({ method: 'GET', url, headers });

describe('the pages of the UI', () => {
  it.each([...clientRoutes, '/machines/rack1-u1.example', '/allocations/default/web'])(
    '%s is drawn by the one page',
    async (url) => {
      const { statusCode, headers, body } = await get(url);
      expect(statusCode).toBe(200);
      expect(body).toBe(page);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['cache-control']).toBe('no-cache');
      expect(headers['content-security-policy']).toBe(pagePolicy);
    },
  );

  it.each(['/api/v1/nothing', '/api', '/nothing', '/index.html', '/secret.pem', '/assets/../secret.pem'])(
    '%s is not',
    async (url) => {
      const { statusCode, headers } = await get(url, { authorization: 'Bearer admin' });
      expect(statusCode).toBe(404);
      expect(headers['content-type']).toContain('application/problem+json');
    },
  );

  it('need no token, and what is of the API does', async () => {
    expect((await get('/machines')).statusCode).toBe(200);
    expect((await get('/api/v1/machines')).statusCode).toBe(401);
  });

  it('allow nothing inline and nothing of others', () => {
    expect(pagePolicy).not.toMatch(/unsafe|https?:|\*/);
    expect(pagePolicy).toContain("frame-ancestors 'none'");
  });

  it('are those of the router', () => {
    const router = readFileSync(join(import.meta.dirname, '../../../web/src/router.tsx'), 'utf8');
    const paths = [...router.matchAll(/path: '(\/[^'/]*)/g)].flatMap(([, path]) => path ?? []);
    expect([...new Set(paths)].sort()).toEqual([...clientRoutes].sort());
  });
});

describe('the files of the UI', () => {
  it('whose name changes with their content are kept for good', async () => {
    const { headers } = await get('/assets/index-abc.js');
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect((await get('/favicon.svg')).headers['cache-control']).toBe('no-cache');
  });

  it('are not sent again to who has them', async () => {
    const { headers } = await get('/favicon.svg');
    const again = await get('/favicon.svg', { 'if-none-match': String(headers.etag) });
    expect(again.statusCode).toBe(304);
    expect(again.body).toBe('');
  });

  it.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip, deflate', 'gzip', gunzipSync],
    ['br;q=0, gzip', 'gzip', gunzipSync],
  ])('are compressed for who takes %s', async (accepted, encoding, decompress) => {
    const { headers, rawPayload } = await get('/', { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBe(encoding);
    expect(decompress(rawPayload).toString()).toBe(page);
    expect(headers.vary).toBe('accept-encoding');
  });

  it('are sent as they are to who takes nothing else', async () => {
    const { headers, body } = await get('/', { 'accept-encoding': 'identity' });
    expect(headers['content-encoding']).toBeUndefined();
    expect(body).toBe(page);
  });
});
