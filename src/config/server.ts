import { isIP } from 'node:net';
import { z } from 'zod';
import { AbsolutePath, CommaList, Flag, NamespaceName, ObjectName, wholeNumber } from './parse.ts';

/** An origin, without a path: the pages are at its root. */
const PublicUrl = z
  .string()
  .refine(
    (text) => /^https?:\/\/[^/?#@]+\/?$/.test(text) && URL.canParse(text),
    'a URL without a path: https://host',
  )
  .transform((text) => new URL(text));

const ProviderUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^(https:\/\/|http:\/\/(127\.[\d.]+|localhost|\[::1\])[:/])/.test(text),
    'a URL of https (of http on the loopback alone)',
  )
  .transform((text) => new URL(text));

const ObjectReference = z.string().refine((text) => isReference(text), 'namespace/name');

function isReference(text: string): boolean {
  const { namespace, name } = referenceOf(text);
  return NamespaceName.safeParse(namespace).success && ObjectName.safeParse(name).success;
}

function referenceOf(text: string): { namespace: string; name: string } {
  const at = text.indexOf('/');
  return { namespace: text.slice(0, Math.max(0, at)), name: text.slice(at + 1) };
}

/** Before names of a provider; `-` is none, as for the API server of Kubernetes. */
const NamePrefix = z
  .string()
  .max(128)
  .refine((text) => !text.startsWith('system:'), 'names that begin with system: are Kubernetes’ own')
  .transform((text) => (text === '-' ? '' : text));

const Origin = z
  .string()
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'an origin: https://host');

const AddressOrNetwork = z.string().refine((text) => {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}, 'an address or a network: 10.0.0.0/8');

/** @param burstSeconds for how long of silence there may be that many at once */
function rateOf(perSecond: number, burstSeconds: number): { perSecond: number; burst: number } | undefined {
  return perSecond === 0 ? undefined : { perSecond, burst: perSecond * burstSeconds };
}

const DatabaseUrl = z
  .string()
  .refine(
    (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
    'postgres://user:password@host/database',
  );

/** How long history is kept when nothing else is said; as in src/store/tables.ts, which is of another layer. */
const defaultRetention = {
  events: 90,
  results: 365,
  power_operations: 365,
  allocations: 0,
  addresses: 365,
  audit: 365,
  console_logs: 14,
  sensor_readings: 30,
} as const;

/** 0: for ever. */
function days(byDefault: number) {
  return wholeNumber(0, 36_500).default(byDefault);
}

/** Configuration of `src/bin/server.ts`, by environment variable. */
export const ServerConfiguration = z
  .object({
    KUBECONFIG: z.string().optional(),
    METALWRIGHT_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
    METALWRIGHT_API_ADDRESS: z
      .string()
      .refine((text) => isIP(text) !== 0, 'an IP address of this node')
      .default('127.0.0.1'),
    METALWRIGHT_API_PORT: wholeNumber(1, 65535).default(7482),
    METALWRIGHT_API_CERTIFICATE: AbsolutePath.optional(),
    METALWRIGHT_API_KEY: AbsolutePath.optional(),
    METALWRIGHT_API_AUDIENCES: CommaList.default([]),
    METALWRIGHT_API_CURSOR_KEY: AbsolutePath.optional(),
    METALWRIGHT_API_PUBLIC_URL: PublicUrl.optional(),
    METALWRIGHT_API_SESSION_KEYS: AbsolutePath.optional(),
    METALWRIGHT_API_SESSION_HOURS: wholeNumber(1, 720).default(12),
    METALWRIGHT_API_SESSION_IDLE_MINUTES: wholeNumber(5, 43_200).default(120),
    METALWRIGHT_API_OIDC_ISSUER: ProviderUrl.optional(),
    METALWRIGHT_API_OIDC_TITLE: z.string().max(64).default('Single sign-on'),
    METALWRIGHT_API_OIDC_CLIENT_ID: z.string().max(256).optional(),
    METALWRIGHT_API_OIDC_CLIENT_SECRET: AbsolutePath.optional(),
    METALWRIGHT_API_OIDC_CA: AbsolutePath.optional(),
    METALWRIGHT_API_OIDC_SCOPES: CommaList.default(['openid', 'profile', 'email']),
    METALWRIGHT_API_OIDC_USERNAME_CLAIM: z.string().max(256).default('sub'),
    METALWRIGHT_API_OIDC_USERNAME_PREFIX: NamePrefix.default('oidc:'),
    METALWRIGHT_API_OIDC_GROUPS_CLAIM: z.string().max(256).default('groups'),
    METALWRIGHT_API_OIDC_GROUPS_PREFIX: NamePrefix.default('oidc:'),
    METALWRIGHT_API_KEYS_SECRET: ObjectReference.default('metalwright-system/metalwright-api-keys'),
    METALWRIGHT_API_KEY_DAYS: wholeNumber(0, 3_650).default(365),
    METALWRIGHT_API_ADMIN_LINK: Flag.default(false),
    METALWRIGHT_API_ADMIN_USER: z.string().max(256).default('metalwright-admin'),
    METALWRIGHT_API_ADMIN_GROUPS: CommaList.default([]),
    METALWRIGHT_API_CORS_ORIGINS: CommaList.pipe(z.array(Origin)).default([]),
    METALWRIGHT_API_TRUSTED_PROXIES: CommaList.pipe(z.array(AddressOrNetwork)).default([]),
    METALWRIGHT_API_RATE_ADDRESS: wholeNumber(0, 1_000_000).default(500),
    METALWRIGHT_API_RATE_CALLER: wholeNumber(0, 1_000_000).default(200),
    METALWRIGHT_API_RATE_SIGN_IN: wholeNumber(0, 1_000_000).default(30),
    METALWRIGHT_WEB_DIRECTORY: AbsolutePath.optional(),
    METALWRIGHT_API_BODY_KIB: wholeNumber(1, 3072).default(1024),
    METALWRIGHT_API_STREAMS: wholeNumber(1, 10_000).default(256),
    METALWRIGHT_API_RACK_CA: AbsolutePath.optional(),
    METALWRIGHT_API_RACK_NAME: z.string().min(1).max(253).optional(),
    /** Keeps history: events, results, power, allocations, addresses, audit. */
    METALWRIGHT_HISTORY: Flag.default(true),
    /** Of this process alone: what waits for the database, and the embedded database. */
    METALWRIGHT_HISTORY_DIRECTORY: AbsolutePath.optional(),
    METALWRIGHT_DATABASE_URL: DatabaseUrl.optional(),
    DATABASE_URL: DatabaseUrl.optional(),
    METALWRIGHT_HISTORY_SPOOL_MIB: wholeNumber(64, 1 << 20).default(1024),
    METALWRIGHT_HISTORY_EVENTS_DAYS: days(defaultRetention.events),
    METALWRIGHT_HISTORY_RESULTS_DAYS: days(defaultRetention.results),
    METALWRIGHT_HISTORY_POWER_DAYS: days(defaultRetention.power_operations),
    METALWRIGHT_HISTORY_ALLOCATIONS_DAYS: days(defaultRetention.allocations),
    METALWRIGHT_HISTORY_ADDRESSES_DAYS: days(defaultRetention.addresses),
    METALWRIGHT_HISTORY_AUDIT_DAYS: days(defaultRetention.audit),
    METALWRIGHT_HISTORY_CONSOLE_DAYS: days(defaultRetention.console_logs),
    METALWRIGHT_HISTORY_SENSORS_DAYS: days(defaultRetention.sensor_readings),
    /** Of this process alone: files that people upload. Without it nothing can be uploaded. */
    METALWRIGHT_UPLOADS_DIRECTORY: AbsolutePath.optional(),
    /** Of this server, as racks and the operator reach it. */
    METALWRIGHT_UPLOADS_URL: PublicUrl.optional(),
    METALWRIGHT_UPLOADS_FILE_MIB: wholeNumber(1, 1 << 20).default(16_384),
    METALWRIGHT_UPLOADS_TOTAL_MIB: wholeNumber(1, 1 << 24).default(49_152),
    METALWRIGHT_UPLOADS_KEEP_HOURS: wholeNumber(1, 8_760).default(24),
    /** A file: src/config/webhooks.ts. */
    METALWRIGHT_WEBHOOKS: AbsolutePath.optional(),
  })
  .refine(
    (env) => (env.METALWRIGHT_API_CERTIFICATE === undefined) === (env.METALWRIGHT_API_KEY === undefined),
    'METALWRIGHT_API_CERTIFICATE and METALWRIGHT_API_KEY go together',
  )
  .refine(
    (env) =>
      env.METALWRIGHT_API_CERTIFICATE !== undefined || /^(127\.|::1$)/.test(env.METALWRIGHT_API_ADDRESS),
    'METALWRIGHT_API_ADDRESS: beyond the loopback a certificate is needed: callers send tokens',
  )
  .refine(
    (env) =>
      env.METALWRIGHT_API_OIDC_ISSUER === undefined ||
      (env.METALWRIGHT_API_OIDC_CLIENT_ID !== undefined && env.METALWRIGHT_API_PUBLIC_URL !== undefined),
    'METALWRIGHT_API_OIDC_ISSUER needs METALWRIGHT_API_OIDC_CLIENT_ID, and METALWRIGHT_API_PUBLIC_URL for the way back',
  )
  .refine(
    (env) => env.METALWRIGHT_WEBHOOKS === undefined || env.METALWRIGHT_HISTORY,
    'METALWRIGHT_WEBHOOKS needs METALWRIGHT_HISTORY: webhooks are told of what it keeps',
  )
  .refine(
    (env) =>
      env.METALWRIGHT_UPLOADS_DIRECTORY === undefined ||
      (env.METALWRIGHT_UPLOADS_URL ?? env.METALWRIGHT_API_PUBLIC_URL) !== undefined,
    'METALWRIGHT_UPLOADS_DIRECTORY needs METALWRIGHT_UPLOADS_URL (or METALWRIGHT_API_PUBLIC_URL): racks fetch uploaded files there',
  )
  .transform((env) => ({
    kubeconfig: env.KUBECONFIG,
    logLevel: env.METALWRIGHT_LOG_LEVEL,
    address: env.METALWRIGHT_API_ADDRESS,
    port: env.METALWRIGHT_API_PORT,
    tls:
      env.METALWRIGHT_API_CERTIFICATE === undefined || env.METALWRIGHT_API_KEY === undefined
        ? undefined
        : { certificatePath: env.METALWRIGHT_API_CERTIFICATE, keyPath: env.METALWRIGHT_API_KEY },
    audiences: env.METALWRIGHT_API_AUDIENCES,
    cursorKeyPath: env.METALWRIGHT_API_CURSOR_KEY,
    publicUrl: env.METALWRIGHT_API_PUBLIC_URL,
    sessionKeysPath: env.METALWRIGHT_API_SESSION_KEYS,
    sessionSeconds: env.METALWRIGHT_API_SESSION_HOURS * 3600,
    sessionIdleSeconds: env.METALWRIGHT_API_SESSION_IDLE_MINUTES * 60,
    oidc: env.METALWRIGHT_API_OIDC_ISSUER && {
      issuer: env.METALWRIGHT_API_OIDC_ISSUER,
      title: env.METALWRIGHT_API_OIDC_TITLE,
      clientId: env.METALWRIGHT_API_OIDC_CLIENT_ID ?? '',
      clientSecretPath: env.METALWRIGHT_API_OIDC_CLIENT_SECRET,
      caPath: env.METALWRIGHT_API_OIDC_CA,
      scopes: [...new Set(['openid', ...env.METALWRIGHT_API_OIDC_SCOPES])],
      usernameClaim: env.METALWRIGHT_API_OIDC_USERNAME_CLAIM,
      usernamePrefix: env.METALWRIGHT_API_OIDC_USERNAME_PREFIX,
      groupsClaim: env.METALWRIGHT_API_OIDC_GROUPS_CLAIM,
      groupsPrefix: env.METALWRIGHT_API_OIDC_GROUPS_PREFIX,
    },
    apiKeys:
      env.METALWRIGHT_API_KEY_DAYS === 0
        ? undefined
        : {
            secret: referenceOf(env.METALWRIGHT_API_KEYS_SECRET),
            mostDays: env.METALWRIGHT_API_KEY_DAYS,
          },
    admin: env.METALWRIGHT_API_ADMIN_LINK
      ? { username: env.METALWRIGHT_API_ADMIN_USER, groups: env.METALWRIGHT_API_ADMIN_GROUPS }
      : undefined,
    corsOrigins: env.METALWRIGHT_API_CORS_ORIGINS,
    trustedProxies: env.METALWRIGHT_API_TRUSTED_PROXIES,
    rates: {
      address: rateOf(env.METALWRIGHT_API_RATE_ADDRESS, 4),
      caller: rateOf(env.METALWRIGHT_API_RATE_CALLER, 5),
      signIn: rateOf(env.METALWRIGHT_API_RATE_SIGN_IN / 60, 60),
    },
    webDirectory: env.METALWRIGHT_WEB_DIRECTORY,
    bodyBytes: env.METALWRIGHT_API_BODY_KIB * 1024,
    streams: env.METALWRIGHT_API_STREAMS,
    rackCaPath: env.METALWRIGHT_API_RACK_CA,
    rackName: env.METALWRIGHT_API_RACK_NAME,
    webhooksPath: env.METALWRIGHT_WEBHOOKS,
    uploads:
      env.METALWRIGHT_UPLOADS_DIRECTORY === undefined
        ? undefined
        : {
            directory: env.METALWRIGHT_UPLOADS_DIRECTORY,
            url: (env.METALWRIGHT_UPLOADS_URL ?? env.METALWRIGHT_API_PUBLIC_URL)?.origin ?? '',
            limits: {
              fileBytes: env.METALWRIGHT_UPLOADS_FILE_MIB * 1024 * 1024,
              totalBytes: env.METALWRIGHT_UPLOADS_TOTAL_MIB * 1024 * 1024,
              keepMs: env.METALWRIGHT_UPLOADS_KEEP_HOURS * 3_600_000,
            },
          },
    history: env.METALWRIGHT_HISTORY
      ? {
          directory: env.METALWRIGHT_HISTORY_DIRECTORY,
          databaseUrl: env.METALWRIGHT_DATABASE_URL ?? env.DATABASE_URL,
          spoolBytes: env.METALWRIGHT_HISTORY_SPOOL_MIB * 1024 * 1024,
          retention: {
            events: env.METALWRIGHT_HISTORY_EVENTS_DAYS,
            results: env.METALWRIGHT_HISTORY_RESULTS_DAYS,
            power_operations: env.METALWRIGHT_HISTORY_POWER_DAYS,
            allocations: env.METALWRIGHT_HISTORY_ALLOCATIONS_DAYS,
            addresses: env.METALWRIGHT_HISTORY_ADDRESSES_DAYS,
            audit: env.METALWRIGHT_HISTORY_AUDIT_DAYS,
            console_logs: env.METALWRIGHT_HISTORY_CONSOLE_DAYS,
            sensor_readings: env.METALWRIGHT_HISTORY_SENSORS_DAYS,
          },
        }
      : undefined,
  }));
export type ServerConfiguration = z.infer<typeof ServerConfiguration>;
