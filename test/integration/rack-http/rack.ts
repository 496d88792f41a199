import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../../../src/log/logger.ts';
import { type BootTokens, openBootTokens } from '../../../src/rack/boot-token/boot-tokens.ts';
import type { HttpLimits } from '../../../src/rack/http/http-server.ts';
import { createRackHttpServer, type RackHttpServerDeps } from '../../../src/rack/http-boot/server.ts';
import { createSightings, type Sightings } from '../../../src/rack/http-boot/sightings.ts';
import { createImageCache } from '../../../src/rack/images/image-cache.ts';
import type { ImageCache, ImageCacheDeps, KnownArtifact } from '../../../src/rack/images/ports.ts';
import { createFakeMachines, type FakeMachines } from './fake-machines.ts';

/** 2026-11-22T12:00:00Z. */
export const noon = Date.UTC(2026, 10, 22, 12);

/** A rack's HTTP side on a loopback port of its own, with a clock that stands still. */
export interface TestRack {
  directory: string;
  base: string;
  port: number;
  machines: FakeMachines;
  sightings: Sightings;
  tokens: BootTokens;
  images: ImageCache;
  /** Everything that was logged, as text. */
  log(): string;
  advance(ms: number): void;
  /** Makes a file that a BootImage names; its digest. */
  addImage(bytes: Uint8Array): Promise<string>;
  /** What the BootImages say, by digest. */
  known: Map<string, KnownArtifact>;
  /** DHCP gave the address to the interface. */
  dhcp(mac: string, address: string, architecture?: number): void;
  /** Ends the process, as far as state goes, and starts another one on the same directory. */
  restart(port?: number): Promise<void>;
  stop(): Promise<void>;
}

/** What a test may want otherwise. */
export interface TestRackOptions {
  images?: Partial<ImageCacheDeps>;
  server?: Partial<RackHttpServerDeps>;
}

export async function startRack(
  limits: Partial<HttpLimits> = {},
  options: TestRackOptions = {},
): Promise<TestRack> {
  const directory = await mkdtemp(join(tmpdir(), 'metalwright-rack-http-'));
  const machines = createFakeMachines();
  const known = new Map<string, KnownArtifact>();
  const lines: string[] = [];
  const log = capture(lines);
  let now = noon;
  const clock = { now: () => now };
  let parts = await start();

  async function start(port = 0) {
    const sightings = createSightings({ clock });
    const tokens = await openBootTokens({ path: join(directory, 'state', 'boot-tokens.json'), clock, log });
    const images = await createImageCache({
      directory: join(directory, 'images'),
      maxBytes: 1024 ** 3,
      sources: (digest) => known.get(digest),
      log,
      clock,
      ...options.images,
    });
    const loaders = { files: new Map([['snponly.efi', Buffer.from('MZ loader')]]) };
    const server = createRackHttpServer({
      ...{ machines, images, loaders, tokens, sightings, clock, log, limits },
      ready: () => true,
      ...options.server,
    });
    const listening = await server.listen({ address: '0.0.0.0', port });
    return { sightings, tokens, images, server, port: listening.port };
  }

  async function end(): Promise<void> {
    await parts.server.close();
    await parts.images.close();
    await parts.tokens.close();
  }

  return {
    directory,
    machines,
    known,
    get base() {
      return `http://127.0.0.1:${parts.port}`;
    },
    get port() {
      return parts.port;
    },
    get sightings() {
      return parts.sightings;
    },
    get tokens() {
      return parts.tokens;
    },
    get images() {
      return parts.images;
    },
    log: () => lines.join('\n'),
    advance(ms) {
      now += ms;
    },
    async addImage(bytes) {
      const digest = createHash('sha256').update(bytes).digest('hex');
      const path = join(directory, 'sources', digest);
      await mkdir(join(directory, 'sources'), { recursive: true });
      await writeFile(path, bytes);
      known.set(digest, { source: { file: { path } }, sizeBytes: bytes.length });
      return digest;
    },
    dhcp(mac, address, architecture = 0) {
      parts.sightings.seen({
        ...{ mac, address, architecture, device: 'lo', vlan: 'provisioning', subnet: 'loopback' },
        ...{ stage: 'Ack', client: 'iPXE' },
      });
    },
    async restart(port) {
      await end();
      parts = await start(port);
    },
    async stop() {
      await end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function capture(lines: string[]): Logger {
  const write =
    (level: string) =>
    (fields: object, message: string): void => {
      lines.push(JSON.stringify({ level, ...fields, message }));
    };
  const logger: Logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => logger,
  };
  return logger;
}
