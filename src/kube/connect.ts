import { existsSync } from 'node:fs';
import type { KubeClient } from './client.ts';
import { kubeError } from './errors.ts';
import { readPlainKubeconfig } from './plain-kubeconfig.ts';
import { createKubeClientOver } from './rest-client.ts';
import { listTable } from './table.ts';
import { type Credentials, createTransport, type Transport } from './transport.ts';

/** A client for a person, and who they are. */
export interface Connection {
  client: KubeClient;
  transport: Transport;
  /** What requests are sent with; programs that the kubeconfig names are run for it. */
  credentials(): Promise<Credentials>;
  /** Of the kubeconfig; `in-cluster` for the pod's service account. */
  context: string;
  server: string;
  namespace: string;
  listTable: typeof listTable;
}

const requestTimeoutMs = 30_000;

/** There in a pod. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Connects with the context of a kubeconfig; without any file with the pod's service account. client-node, which knows every way to
 * authenticate and takes its time to load, is loaded for users that need a program or a provider.
 *
 * @param proxyFor the proxy for a server, where the kubeconfig names none
 * @throws KubeError KubeconfigInvalid. Nothing is sent yet.
 */
export async function connectTo(
  paths: readonly string[],
  contextName?: string,
  proxyFor: (server: URL) => string | undefined = () => undefined,
): Promise<Connection> {
  const throughProxy = (credentials: Credentials): Credentials => {
    const proxyUrl = credentials.proxyUrl ?? proxyFor(new URL(credentials.server));
    return proxyUrl === undefined ? credentials : { ...credentials, proxyUrl };
  };
  const plain = await readPlainKubeconfig(paths, contextName);
  if (plain?.credentials !== undefined) {
    const { context } = plain;
    const credentials = throughProxy(plain.credentials);
    const { name, namespace } = context;
    return connection(async () => credentials, { context: name, server: credentials.server, namespace });
  }
  if (plain === undefined && !existsSync(serviceAccountToken)) {
    throw kubeError('KubeconfigInvalid', `there is no kubeconfig at ${paths.join(', ')}`);
  }
  const { loadKubeConfig, readCredentials } = await import('./kubeconfig.ts');
  const [path, ...more] = paths;
  const config = loadKubeConfig(more.length === 0 && plain !== undefined ? path : undefined, contextName);
  return connection(async () => throughProxy(await readCredentials(config)), {
    context: plain?.context.name ?? 'in-cluster',
    server: config.getCurrentCluster()?.server ?? '',
    namespace: plain?.context.namespace ?? 'default',
  });
}

function connection(
  credentials: () => Promise<Credentials>,
  who: Pick<Connection, 'context' | 'server' | 'namespace'>,
): Connection {
  const transport = createTransport(credentials);
  const client = createKubeClientOver(transport, requestTimeoutMs);
  return { client, transport, credentials, ...who, listTable };
}
