import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { openDownload } from '../rack/http.ts';
import { createFakeTiming } from '../testing/fake-timing.ts';
import { fetchImage } from './fetch-image.ts';

const file = randomBytes(400_000);
let server: Server | undefined;

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/image`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function fetchAll(url: string): Promise<{ bytes: Buffer; breaks: number }> {
  let breaks = 0;
  const deps = { open: openDownload, timing: createFakeTiming(), onBreak: () => (breaks += 1) };
  const request = { url, sessionKey: 'key', sizeBytes: file.length, signal: new AbortController().signal };
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetchImage(request, deps)) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), breaks };
}

/** Sends at most `most` bytes of what is asked for, then cuts the line. */
function cutting(most: number, ranges: boolean): RequestListener {
  return (request, response) => {
    const from = ranges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    const headers = {
      'content-length': file.length - from,
      'content-range': `bytes ${from}-${file.length - 1}/*`,
    };
    response.writeHead(from > 0 ? 206 : 200, headers);
    const rest = file.subarray(from);
    if (rest.length <= most) return response.end(rest);
    response.write(rest.subarray(0, most), () => response.socket?.destroy());
    return undefined;
  };
}

describe('the transfer of an image', () => {
  it('goes on where it broke off', async () => {
    const { bytes, breaks } = await fetchAll(await serve(cutting(90_000, true)));
    expect(bytes.equals(file)).toBe(true);
    expect(breaks).toBeGreaterThan(0);
  });

  it('skips what it has when the server knows no ranges', async () => {
    let most = 100_000;
    const url = await serve((request, response) => {
      cutting(most, false)(request, response);
      most += 200_000;
    });
    expect((await fetchAll(url)).bytes.equals(file)).toBe(true);
  });

  it('lives through a rack that restarts', async () => {
    let refusals = 3;
    const url = await serve((request, response) => {
      refusals -= 1;
      if (refusals >= 0) response.writeHead(503).end();
      else cutting(file.length, true)(request, response);
    });
    expect((await fetchAll(url)).bytes.equals(file)).toBe(true);
  });

  it('sends the session key', async () => {
    let key: string | undefined;
    const url = await serve((request, response) => {
      key = request.headers.authorization;
      response.end(file);
    });
    await fetchAll(url);
    expect(key).toBe('Bearer key');
  });

  it('fails at once when the rack does not have it', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end());
    await expect(fetchAll(url)).rejects.toMatchObject({ code: 'ImageFetchFailed' });
  });

  it('fails when no byte comes for minutes', async () => {
    const url = await serve((_request, response) => response.writeHead(500).end());
    await expect(fetchAll(url)).rejects.toMatchObject({ code: 'ImageFetchFailed' });
  });
});
