import { writeFileSync } from 'node:fs';
import { createKubeClient, type KubeClient } from '../../../src/kube/client.ts';
import { loadKubeConfig, readCredentials } from '../../../src/kube/kubeconfig.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { createKubeClientOver } from '../../../src/kube/rest-client.ts';
import { createTransport } from '../../../src/kube/transport.ts';
import { release, releaseNamespace } from './helm.ts';

export type Program = 'operator' | 'rack' | 'server';

export const nodes: Resource<KubeObject> = {
  group: '',
  version: 'v1',
  plural: 'nodes',
  kind: 'Node',
  namespaced: false,
};

/** The name of a program's service account. */
export const accountOf = (program: Program): string => `${release}-metalwright-${program}`;

/** Tokens as the kubelet would ask for them, from an API server with the chart. */
export async function makeAccounts(kubeconfigPath: string) {
  const admin = createKubeClient({ kubeconfigPath });
  const transport = createTransport(() => readCredentials(loadKubeConfig(kubeconfigPath)));
  const open: KubeClient[] = [];

  /** @param node what runs on it has the node's name in its token */
  async function token(program: Program, node?: string): Promise<string> {
    const uid = node === undefined ? undefined : (await nodeCalled(node)).metadata.uid;
    const response = await transport.send({
      method: 'POST',
      path: `/api/v1/namespaces/${releaseNamespace}/serviceaccounts/${accountOf(program)}/token`,
      contentType: 'application/json',
      body: JSON.stringify({
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          expirationSeconds: 3600,
          ...(node === undefined
            ? {}
            : { boundObjectRef: { kind: 'Node', apiVersion: 'v1', name: node, uid } }),
        },
      }),
      headersTimeoutMs: 30_000,
      bodyTimeoutMs: 30_000,
    });
    const answer: { status?: { token?: string }; message?: string } = JSON.parse(await response.body.text());
    if (answer.status?.token === undefined) throw new Error(`no token: ${answer.message}`);
    return answer.status.token;
  }

  async function nodeCalled(name: string): Promise<KubeObject> {
    return (await admin.get(nodes, name)) ?? (await admin.create(nodes, { metadata: { name } }));
  }

  return {
    admin,
    /** A client with a program's rights and no others. */
    async clientOf(program: Program, node?: string): Promise<KubeClient> {
      const bearer = await token(program, node);
      const own = createTransport(async () => {
        const {
          cert: _cert,
          key: _key,
          ...tls
        } = (await readCredentials(loadKubeConfig(kubeconfigPath))).tls;
        const { server } = await readCredentials(loadKubeConfig(kubeconfigPath));
        return { server, tls, headers: { Authorization: `Bearer ${bearer}` } };
      });
      const client = createKubeClientOver(own, 30_000);
      open.push(client);
      return client;
    },
    /** Writes a kubeconfig with a program's token. */
    async writeKubeconfig(path: string, program: Program, node?: string): Promise<string> {
      const cluster = loadKubeConfig(kubeconfigPath).getCurrentCluster();
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [
          { name: 'c', cluster: { server: cluster?.server, 'certificate-authority-data': cluster?.caData } },
        ],
        users: [{ name: 'u', user: { token: await token(program, node) } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'c',
      };
      writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
      return path;
    },
    async close() {
      for (const client of [...open, admin]) await client.close();
      await transport.close();
    },
  };
}
export type Accounts = Awaited<ReturnType<typeof makeAccounts>>;
