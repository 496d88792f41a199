import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Background } from '../../test/integration/netns/namespaces.ts';
import { type Wire, wire } from '../lib/wire.ts';

/** An HTTP server that serves one image on a wire. */
export interface HttpServerUnderTest {
  name: string;
  url: string;
  start(): Promise<Background>;
}

/** The image that all of them serve. */
export interface BenchImage {
  path: string;
  digest: string;
  bytes: number;
}

const port = 8080;

/** The rack's own, with its cache. */
export function rackHttp(
  { server, directory }: Wire,
  { path, digest, bytes }: BenchImage,
  nodeOptions: string[] = [],
): HttpServerUnderTest {
  const program = join(import.meta.dirname, 'rack.ts');
  return {
    name: 'ours',
    url: `http://${wire.serverAddress}:${port}/images/${digest}`,
    async start() {
      const cache = join(directory, 'cache');
      const where = [wire.serverAddress, String(port), cache, digest, path, String(bytes)];
      const running = server.start([process.execPath, ...nodeOptions, program, ...where]);
      await running.until(/rack ready/, 120_000);
      return running;
    },
  };
}

/** nginx with sendfile, as many workers as there are cores. */
export function nginx({ server, directory }: Wire, image: BenchImage): HttpServerUnderTest {
  const home = join(directory, 'nginx');
  const configuration = `
    user root;
    worker_processes auto;
    pid ${home}/pid;
    error_log stderr notice;
    daemon off;
    events { worker_connections 1024; }
    http {
      access_log off;
      sendfile on;
      tcp_nopush on;
      client_body_temp_path ${home}/body;
      proxy_temp_path ${home}/proxy;
      fastcgi_temp_path ${home}/fastcgi;
      uwsgi_temp_path ${home}/uwsgi;
      scgi_temp_path ${home}/scgi;
      server { listen ${wire.serverAddress}:${port}; root ${directory}; }
    }`;
  return {
    name: 'nginx',
    url: `http://${wire.serverAddress}:${port}/${image.path.slice(directory.length + 1)}`,
    async start() {
      mkdirSync(home, { recursive: true });
      writeFileSync(join(home, 'nginx.conf'), configuration);
      const running = server.start(['nginx', '-c', join(home, 'nginx.conf'), '-e', 'stderr']);
      await running.until(/start worker process \d/, 20_000);
      return running;
    },
  };
}
