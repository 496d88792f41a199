import { createServer, type RequestListener, type Server } from 'node:http';

/** A web server of images on a loopback port, that does as it is told. */
export interface Origin {
  url: string;
  /** What was asked, in order: the `Range` of each request, or an empty text. */
  requests: string[];
  server: Server;
  close(): Promise<void>;
}

export async function startOrigin(answer: RequestListener): Promise<Origin> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers.range ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/image`,
    requests,
    server,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An origin that sends a file bit by bit, when it is told to. */
export interface PacedOrigin extends Origin {
  /** Lets this many further bytes go. */
  allow(bytes: number): void;
}

export async function startPacedOrigin(content: Uint8Array): Promise<PacedOrigin> {
  let allowed = 0;
  const wakes = new Set<() => void>();
  const origin = await startOrigin(async (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': content.length - start,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    response.flushHeaders();
    for (let sent = start; sent < content.length && !response.destroyed; ) {
      const end = Math.min(allowed, content.length, sent + 65536);
      if (end > sent) {
        response.write(content.subarray(sent, end));
        sent = end;
      } else
        await new Promise<void>((resolve) => {
          wakes.add(resolve);
          response.once('close', resolve);
        });
    }
    response.end();
  });
  return {
    ...origin,
    allow(bytes) {
      allowed += bytes;
      for (const wake of wakes) wake();
      wakes.clear();
    },
  };
}
