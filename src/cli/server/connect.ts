import { getCACertificates } from 'node:tls';
import { messageOf } from '../../errors/coded-error.ts';
import { createTransport } from '../../kube/transport.ts';
import { type Context, type Invocation, option } from '../command.ts';
import { CliError } from '../errors.ts';
import { proxyFor } from '../proxy.ts';
import { tokenCommand } from './problems.ts';
import { createRestClient, type RestClient } from './rest-client.ts';

/** Where the REST API is, and as whom it is asked. */
export interface RestAccess {
  /** Its URL, without a slash at the end. */
  server: string;
  /** The header of that name. */
  authorization: string;
  /** PEM: who signs its certificate. Undefined: it has no TLS. */
  ca: string | undefined;
  /** URL of the proxy that it is asked through. */
  proxy: string | undefined;
}

/** @throws CliError usage, when the server or the token is missing or wrong. Nothing is sent yet. */
export async function restAccess(invocation: Invocation, context: Context): Promise<RestAccess> {
  const url = serverUrl(option(invocation, 'server') ?? context.rest.server);
  return {
    server: url.href.replace(/\/+$/, ''),
    authorization: `Bearer ${await token(invocation, context)}`,
    ca: url.protocol === 'https:' ? await authorities(invocation, context) : undefined,
    proxy: proxyFor(url, context.rest.proxies ?? {}),
  };
}

/**
 * @param connectTimeoutMs how long a connection may take to open. Default 10,000
 * @throws CliError usage, as restAccess
 */
export async function connectToServer(
  invocation: Invocation,
  context: Context,
  connectTimeoutMs?: number,
): Promise<RestClient> {
  const { server, authorization, ca, proxy } = await restAccess(invocation, context);
  const credentials = {
    server,
    headers: { Authorization: authorization },
    tls: ca === undefined ? {} : { ca },
    ...(proxy === undefined ? {} : { proxyUrl: proxy }),
  };
  return createRestClient(
    createTransport(async () => credentials, connectTimeoutMs),
    server,
  );
}

/** Of the URL that was given. @throws CliError usage */
export function serverUrl(text: string | undefined): URL {
  if (text === undefined) {
    throw new CliError(
      'usage',
      'this is with the REST API, and its URL is not known',
      'name it with --server URL or METALWRIGHT_SERVER',
    );
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new CliError('usage', `${text} is no URL of a server`, 'write it as https://metalwright.example');
  }
  if (url.username !== '' || url.password !== '') {
    throw new CliError('usage', 'the URL of the server has a user in it: a token is what is needed');
  }
  if (url.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw new CliError(
      'usage',
      `${text} has no TLS: anybody on the way could read the token`,
      'use https, or "kubectl port-forward" and http://127.0.0.1',
    );
  }
  return url;
}

async function token(invocation: Invocation, context: Context): Promise<string> {
  const path = option(invocation, 'token-file');
  const given = path === undefined ? context.rest.token : await contentOf(context, '--token-file', path);
  if (given === undefined) return kubeconfigToken(context);
  const text = given.trim();
  if (!/^[\x21-\x7e]+$/.test(text)) {
    const from = path === undefined ? 'METALWRIGHT_TOKEN' : path;
    throw new CliError('usage', `${from} has no token in it`, `make one with "${tokenCommand}"`);
  }
  return text;
}

/** The user's of the kubeconfig, when that is one. */
async function kubeconfigToken(context: Context): Promise<string> {
  const mend = `name a token: METALWRIGHT_TOKEN=$(${tokenCommand}), or --token-file FILE`;
  const { credentials } = await context.cluster();
  if (credentials === undefined) throw new CliError('usage', 'there is no token for the REST API', mend);
  const { headers, tls } = await credentials();
  const header = (name: string): string | undefined =>
    Object.entries(headers).find(([known]) => known.toLowerCase() === name)?.[1];
  if (header('impersonate-user') !== undefined) {
    throw new CliError('usage', 'the kubeconfig impersonates a user, which the REST API does not take', mend);
  }
  const [, found] = /^Bearer +(\S+)$/i.exec(header('authorization') ?? '') ?? [];
  if (found !== undefined) return found;
  throw new CliError(
    'usage',
    tls.cert === undefined
      ? 'the user of the kubeconfig has no token'
      : 'the user of the kubeconfig has a client certificate, which cannot be passed on to the REST API',
    mend,
  );
}

/** A file's, or those that this computer trusts: Node's own and the system's. */
async function authorities(invocation: Invocation, context: Context): Promise<string> {
  const path = option(invocation, 'server-ca') ?? context.rest.serverCa;
  if (path === undefined) return [...getCACertificates(), ...getCACertificates('system')].join('\n');
  const text = await contentOf(context, '--server-ca', path);
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new CliError('usage', `${path} has no certificate in it`, 'it has to be PEM');
}

async function contentOf(context: Context, what: string, path: string): Promise<string> {
  try {
    return await context.readFile(path);
  } catch (error) {
    throw new CliError('usage', `${what} ${path} cannot be read: ${messageOf(error)}`);
  }
}
