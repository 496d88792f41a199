import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** A web server with a few files, as people keep images on one. */
export interface ImageServer {
  urlOf(name: string): string;
  close(): Promise<void>;
}

/** Serves files by name at an address of this computer. */
export async function startImageServer(
  address: string,
  files: ReadonlyMap<string, string>,
): Promise<ImageServer> {
  const server = createServer(async (request, response) => {
    const path = files.get((request.url ?? '').slice(1));
    if (path === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { size } = await stat(path);
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': size });
    if (request.method === 'HEAD') response.end();
    // Whoever asks may go away in the middle.
    else await pipeline(createReadStream(path), response).catch(() => undefined);
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (name) => `http://${address}:${port}/${name}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
