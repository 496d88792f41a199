import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { messageOf } from '../errors/coded-error.ts';
import { type KubeError, kubeError } from './errors.ts';
import { isRecord, stringMember } from './json.ts';
import type { Credentials } from './transport.ts';

/** What a kubeconfig says of one context. */
export interface KubeContext {
  name: string;
  cluster: string;
  user: string;
  /** Default: `default`. */
  namespace: string;
}

/** A kubeconfig that was read, for the context that was chosen. */
export interface PlainKubeconfig {
  context: KubeContext;
  /** undefined: the user authenticates by a program or a provider, which this reader leaves to client-node. */
  credentials: Credentials | undefined;
}

/** Entries of all files by name; of two of one name, the first counts, as for kubectl. */
interface Merged {
  currentContext: string | undefined;
  entries: Record<'contexts' | 'clusters' | 'users', Map<string, { body: unknown; directory: string }>>;
}

/**
 * Reads kubeconfig files that say all themselves: certificates, tokens, passwords. It loads in a few milliseconds, where
 * client-node, which knows every way to authenticate, takes two hundred: for programs that a person waits for.
 *
 * @param paths as `KUBECONFIG` lists them; missing files are passed over
 * @param contextName default: the current context
 * @returns undefined when none of the files is there
 * @throws KubeError KubeconfigInvalid
 */
export async function readPlainKubeconfig(
  paths: readonly string[],
  contextName?: string,
): Promise<PlainKubeconfig | undefined> {
  const files = await Promise.all(paths.map(readConfig));
  const found = files.filter((file) => file !== undefined);
  if (found.length === 0) return undefined;
  const merged = merge(found);
  const name = contextName ?? merged.currentContext;
  if (name === undefined || name === '') throw invalid('it has no current context: name one with --context');
  const body = entryOf(merged, 'contexts', name).body;
  const context: KubeContext = {
    name,
    cluster: stringMember(body, 'cluster') ?? '',
    user: stringMember(body, 'user') ?? '',
    namespace: stringMember(body, 'namespace') ?? 'default',
  };
  return { context, credentials: await credentialsOf(merged, context) };
}

async function readConfig(path: string): Promise<{ path: string; config: unknown } | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw invalid(`${path} cannot be read (${messageOf(error)})`, error);
  }
  try {
    return { path, config: parse(text) };
  } catch (error) {
    throw invalid(`${path} is no YAML`, error);
  }
}

function merge(files: readonly { path: string; config: unknown }[]): Merged {
  const merged: Merged = {
    currentContext: undefined,
    entries: { contexts: new Map(), clusters: new Map(), users: new Map() },
  };
  for (const { path, config } of files) {
    if (!isRecord(config)) continue;
    merged.currentContext ??= stringMember(config, 'current-context');
    for (const [list, member] of [
      ['contexts', 'context'],
      ['clusters', 'cluster'],
      ['users', 'user'],
    ] as const) {
      const entries: unknown = config[list];
      for (const entry of Array.isArray(entries) ? entries : []) {
        const name = stringMember(entry, 'name');
        if (name === undefined || !isRecord(entry) || merged.entries[list].has(name)) continue;
        merged.entries[list].set(name, { body: entry[member], directory: dirname(resolve(path)) });
      }
    }
  }
  return merged;
}

function entryOf(merged: Merged, list: keyof Merged['entries'], name: string) {
  const entry = merged.entries[list].get(name);
  if (entry === undefined) {
    const known = [...merged.entries[list].keys()].join(', ');
    throw invalid(`it has no entry ${name} in ${list}${known === '' ? '' : `, only ${known}`}`);
  }
  return entry;
}

/** Members of a user that need more than what is written. */
const byProgram = ['exec', 'auth-provider', 'tokenFile'] as const;

async function credentialsOf(merged: Merged, context: KubeContext): Promise<Credentials | undefined> {
  const { body: cluster, directory: clusterDirectory } = entryOf(merged, 'clusters', context.cluster);
  const server = stringMember(cluster, 'server');
  if (!isRecord(cluster) || server === undefined) throw invalid(`cluster ${context.cluster} has no server`);
  const { body: given, directory } =
    context.user === '' ? { body: {}, directory: clusterDirectory } : entryOf(merged, 'users', context.user);
  const user = isRecord(given) ? given : {};
  if (user['as-groups'] !== undefined || user['as-user-extra'] !== undefined) {
    throw invalid(`user ${context.user} impersonates groups, which is not supported: name the user alone`);
  }
  if (byProgram.some((member) => user[member] !== undefined)) return undefined;
  const ca = await pem(cluster, 'certificate-authority', clusterDirectory);
  const cert = await pem(user, 'client-certificate', directory);
  const key = await pem(user, 'client-key', directory);
  const servername = stringMember(cluster, 'tls-server-name');
  const proxyUrl = stringMember(cluster, 'proxy-url');
  const authorization = authorizationOf(user);
  return {
    server: server.replace(/\/+$/, ''),
    headers: {
      ...impersonation(user),
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(servername === undefined ? {} : { servername }),
      ...(cluster['insecure-skip-tls-verify'] === true ? { rejectUnauthorized: false } : {}),
    },
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
  };
}

function authorizationOf(user: Record<string, unknown>): string | undefined {
  const token = stringMember(user, 'token');
  if (token !== undefined) return `Bearer ${token}`;
  const username = stringMember(user, 'username');
  if (username === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${stringMember(user, 'password') ?? ''}`).toString('base64')}`;
}

function impersonation(user: Record<string, unknown>): Record<string, string> {
  const as = stringMember(user, 'as');
  return as === undefined ? {} : { 'Impersonate-User': as };
}

/** `NAME-data` in base64, or the file that `NAME` names. */
async function pem(
  from: Record<string, unknown>,
  name: string,
  directory: string,
): Promise<Buffer | undefined> {
  const data = stringMember(from, `${name}-data`);
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64');
  const path = stringMember(from, name);
  if (path === undefined || path === '') return undefined;
  try {
    return await readFile(resolve(directory, path));
  } catch (error) {
    throw invalid(`${name} ${path} cannot be read (${messageOf(error)})`, error);
  }
}

function invalid(what: string, cause?: unknown): KubeError {
  return kubeError('KubeconfigInvalid', what, { cause });
}
