import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { messageOf } from '../errors/coded-error.ts';
import { kubeError } from './errors.ts';
import type { Credentials } from './transport.ts';

/**
 * @param path a kubeconfig file; without it `KUBECONFIG`, `~/.kube/config`, then the pod's service account.
 * @param context instead of its current context
 */
export function loadKubeConfig(path?: string, context?: string): KubeConfig {
  const config = new KubeConfig();
  try {
    if (path === undefined) config.loadFromDefault();
    else config.loadFromFile(path);
  } catch (error) {
    throw kubeError(
      'KubeconfigInvalid',
      `reading ${path ?? 'the default kubeconfig'} failed (${messageOf(error)})`,
      {
        cause: error,
      },
    );
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster() === null) {
    throw kubeError('KubeconfigInvalid', `${path ?? 'the default kubeconfig'} names no current cluster`);
  }
  return config;
}

/** Runs the kubeconfig's authenticators (token files, exec plugins, OIDC) and collects what a request needs. */
export async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw kubeError('KubeconfigInvalid', 'the kubeconfig names no current cluster');
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name] = String(value);
  }
  if (typeof options.auth === 'string')
    headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const tls: Credentials['tls'] = {};
  if (isPem(options.ca)) tls.ca = options.ca;
  if (isPem(options.cert)) tls.cert = options.cert;
  if (isPem(options.key)) tls.key = options.key;
  if (typeof options.servername === 'string') tls.servername = options.servername;
  if (options.rejectUnauthorized === false) tls.rejectUnauthorized = false;
  const credentials: Credentials = { server: cluster.server.replace(/\/+$/, ''), headers, tls };
  if (cluster.proxyUrl !== undefined) credentials.proxyUrl = cluster.proxyUrl;
  return credentials;
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value);
}
