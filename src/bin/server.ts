#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import packageJson from '../../package.json' with { type: 'json' };
import { parseConfiguration } from '../config/parse.ts';
import { ServerConfiguration } from '../config/server.ts';
import { parseWebhooks, type WebhookSettings } from '../config/webhooks.ts';
import { systemClock } from '../domain/clock.ts';
import { CodedError, messageOf } from '../errors/coded-error.ts';
import { createUserWrites } from '../kube/impersonation.ts';
import { loadKubeConfig, readCredentials } from '../kube/kubeconfig.ts';
import { createKubeClientOver } from '../kube/rest-client.ts';
import { systemTimers } from '../kube/timers.ts';
import { type Credentials, createTransport } from '../kube/transport.ts';
import { createLogger, type Logger } from '../log/logger.ts';
import { ServerMeters } from '../metrics/server-meters.ts';
import { createServerMetrics } from '../metrics/server-metrics.ts';
import type { UploadAccess } from '../server/routes/uploads/routes.ts';
import { openKeyFile } from '../server/sign-in/key-file.ts';
import type { OidcOptions } from '../server/sign-in/oidc.ts';
import { createApiServer } from '../server/start.ts';
import { openUploadStore } from '../server/uploads/store.ts';
import { loadWebFiles, type WebFile } from '../server/web/files.ts';
import { lockDirectory } from '../store/directory-lock.ts';
import { openHistory } from '../store/open.ts';
import type { HistoryStore } from '../store/store.ts';
import { run } from './run.ts';

const requestTimeoutMs = 30_000;

/** The REST API: any number may run. */
async function start(): Promise<{ stop(): Promise<void> }> {
  const config = parseConfiguration(ServerConfiguration, process.env);
  const log = createLogger('server', config.logLevel);
  const kubeconfig = loadKubeConfig(config.kubeconfig);
  const transport = createTransport(() => readCredentials(kubeconfig));
  const client = createKubeClientOver(transport, requestTimeoutMs);
  const tls = config.tls && {
    cert: await readFile(config.tls.certificatePath),
    key: await readFile(config.tls.keyPath),
  };
  const keys =
    config.sessionKeysPath === undefined
      ? undefined
      : await openKeyFile(config.sessionKeysPath, log, systemTimers);
  const history = await openServerHistory(config.history, log);
  const uploads = config.uploads && (await openUploads(config.uploads, log));
  const meters = new ServerMeters();
  const server = createApiServer({
    client,
    writesAs: (user) => createUserWrites(transport, user, requestTimeoutMs),
    log,
    version: packageJson.version,
    audiences: config.audiences,
    cursorKey: config.cursorKeyPath === undefined ? undefined : await readCursorKey(config.cursorKeyPath),
    tls,
    limits: { bodyBytes: config.bodyBytes },
    signIn: {
      publicUrl: config.publicUrl,
      sealer: keys?.sealer,
      apiKeys: config.apiKeys,
      oidc: config.oidc && (await readOidc(config.oidc)),
      limits: { lifeSeconds: config.sessionSeconds, idleSeconds: config.sessionIdleSeconds },
    },
    rates: config.rates,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    streamLimits: { streams: config.streams },
    racks: {
      token: async () => bearerOf(await readCredentials(kubeconfig)),
      ca: await readAuthority(config.rackCaPath),
      serverName: config.rackName,
    },
    history,
    webhooks: await readWebhooks(config.webhooksPath, history),
    meters,
    metrics: createServerMetrics(meters, { version: packageJson.version }),
    uploads: uploads?.access,
    webFiles: await readWebFiles(config.webDirectory, log),
  });
  const { port } = await server.listen(config);
  log.info({ address: config.address, port }, 'listens');
  if (config.admin !== undefined) {
    const scheme = tls === undefined ? 'http' : 'https';
    const host = config.address.includes(':') ? `[${config.address}]` : config.address;
    const origin = config.publicUrl?.origin ?? `${scheme}://${host}:${port}`;
    process.stderr.write(
      `Sign in as ${config.admin.username}, once and within ten minutes: ${origin}${server.adminLink(config.admin)}\n`,
    );
  }
  server.ready().then(
    () => {
      setFlagsFromString('--no-optimize-for-size');
      // V8 looks through old objects when they are a third more, and would else let them become several times as many.
      setFlagsFromString('--heap-growing-percent=30');
      log.info({}, 'caches are filled');
    },
    () => undefined,
  );
  return {
    async stop() {
      keys?.stop();
      await server.stop();
      await uploads?.release();
      await client.close();
    },
  };
}

/** An issuer that everybody trusts leaves the file out, or empty. */
async function readAuthority(path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined || !existsSync(path)) return undefined;
  const pem = await readFile(path);
  return pem.length === 0 ? undefined : pem;
}

/** The server's own token; undefined: it has none, but a certificate. */
function bearerOf({ headers }: Credentials): string | undefined {
  const [, value = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization') ?? [];
  return /^Bearer +(\S+)$/i.exec(value)?.[1];
}

const historyDirectory = '/var/lib/metalwright/history';

/** Undefined: none is wanted, or nobody has said where and the usual place cannot be had. */
async function openServerHistory(
  config: ServerConfiguration['history'],
  log: Logger,
): Promise<HistoryStore | undefined> {
  if (config === undefined) return undefined;
  const { directory = historyDirectory, ...rest } = config;
  try {
    return await openHistory({ ...rest, directory, log, clock: systemClock, later: systemTimers });
  } catch (error) {
    if (config.directory !== undefined || config.databaseUrl !== undefined) throw error;
    log.warn(
      { directory, error: messageOf(error) },
      'no history is kept: METALWRIGHT_HISTORY_DIRECTORY names a directory for it',
    );
    return undefined;
  }
}

/** Errors: ConfigurationInvalid, also when there is no history to tell of. */
async function readWebhooks(
  path: string | undefined,
  history: HistoryStore | undefined,
): Promise<WebhookSettings[]> {
  if (path === undefined) return [];
  const webhooks = parseWebhooks(await readFile(path, 'utf8'));
  if (webhooks.length === 0 || history !== undefined) return webhooks;
  throw new CodedError('ConfigurationInvalid', 'METALWRIGHT_WEBHOOKS: there is no history to tell of');
}

/** Errors: InUse, when another server of this computer has the directory. */
async function openUploads(
  { url, ...options }: NonNullable<ServerConfiguration['uploads']>,
  log: Logger,
): Promise<{ access: UploadAccess; release(): Promise<void> }> {
  const lock = await lockDirectory(options.directory);
  const store = await openUploadStore({ ...options, log, clock: systemClock });
  return { access: { store, url }, release: () => lock.release() };
}

/** Where `./dev build web` puts the UI. */
const builtWeb = join(import.meta.dirname, '../../web/dist');

/** The built UI; none when nobody has built it, unless the configuration says that there is one. */
async function readWebFiles(directory: string | undefined, log: Logger): Promise<WebFile[]> {
  if (directory !== undefined) return loadWebFiles(directory);
  if (existsSync(builtWeb)) return loadWebFiles(builtWeb);
  log.warn({}, 'there is no web UI: ./dev build web makes it');
  return [];
}

/** The settings of the provider, with what is in files. */
async function readOidc({
  clientSecretPath,
  caPath,
  ...rest
}: NonNullable<ServerConfiguration['oidc']>): Promise<OidcOptions> {
  return {
    ...rest,
    clientSecret: clientSecretPath && (await readFile(clientSecretPath, 'utf8')).trim(),
    ca: caPath === undefined ? undefined : await readFile(caPath),
  };
}

async function readCursorKey(path: string): Promise<Buffer> {
  const key = await readFile(path);
  if (key.length >= 32) return key;
  throw new CodedError('ConfigurationInvalid', 'METALWRIGHT_API_CURSOR_KEY: the file needs 32 bytes or more');
}

// Until the copy of all objects is there: what it is made of is garbage of many times its size.
setFlagsFromString('--optimize-for-size');
await run(start);
