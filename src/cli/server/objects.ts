import { isObjectOf, type KubeObject } from '../../kube/resource.ts';
import { type Context, flag, type Invocation } from '../command.ts';
import { CliError } from '../errors.ts';
import type { Kind } from '../kinds.ts';
import { serverOptions } from '../options.ts';
import { connectToServer } from './connect.ts';
import { readItems } from './pages.ts';

/** Which objects of a kind, and what of them. */
export interface Wish {
  /** undefined: of all namespaces. */
  namespace: string | undefined;
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
  /** Separated by commas; undefined: whole objects. */
  fields: string | undefined;
}

/** Kinds whose noun in the REST API is not their plural. */
const nouns: Readonly<Record<string, string>> = { BootImage: 'images' };

/** How long each page may take before the API server is asked instead, in milliseconds. */
const patienceMs = 2_000;

/** Whether the command line itself says that the REST API is to be asked: then nothing else will do. */
export function mustAskServer(invocation: Invocation): boolean {
  return serverOptions.some(({ name }) => flag(invocation, name));
}

/**
 * The objects of a list of the REST API, in the order of the API server.
 *
 * METALWRIGHT_SERVER alone is a way to be faster: without a token, without an answer in two seconds, or with a refusal, nothing is
 * found here. It is not used for another cluster than that of the environment.
 *
 * @returns undefined: the API server is to be asked
 * @throws CliError when the command line has named the server
 */
export async function objectsOfServer(
  kind: Kind,
  invocation: Invocation,
  context: Context,
  wish: Wish,
): Promise<KubeObject[] | undefined> {
  if (mustAskServer(invocation)) return ask(kind, invocation, context, wish, context.signal);
  const elsewhere = flag(invocation, 'context') || flag(invocation, 'kubeconfig');
  if (context.rest.server === undefined || elsewhere) return undefined;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  const signal = AbortSignal.any([context.signal, patience.signal]);
  try {
    return await ask(kind, invocation, context, wish, signal, {
      connectTimeoutMs: patienceMs,
      arrived: () => timer.refresh(),
    });
  } catch (error) {
    if (context.signal.aborted || !(error instanceof CliError)) throw error;
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function ask(
  kind: Kind,
  invocation: Invocation,
  context: Context,
  { namespace, ...query }: Wish,
  signal: AbortSignal,
  { connectTimeoutMs, arrived }: { connectTimeoutMs?: number; arrived?: () => void } = {},
): Promise<KubeObject[]> {
  const noun = nouns[kind.kind] ?? kind.plural;
  const within = namespace === undefined ? '' : `namespaces/${encodeURIComponent(namespace)}/`;
  const path = `/api/v1/${within}${noun}`;
  const client = await connectToServer(invocation, context, connectTimeoutMs);
  try {
    const { items } = await readItems(client, path, query, Number.POSITIVE_INFINITY, signal, arrived);
    return items.map((item) => {
      if (isObjectOf(kind, item)) return item;
      throw new CliError('failed', `${path} has something in it that is no ${kind.kind}`);
    });
  } finally {
    await client.close();
  }
}
