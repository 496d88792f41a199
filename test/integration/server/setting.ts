import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { kinds } from '../../../src/api/crd/kinds.ts';
import { createUserWrites } from '../../../src/kube/impersonation.ts';
import { loadKubeConfig, readCredentials } from '../../../src/kube/kubeconfig.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import { createKubeClientOver } from '../../../src/kube/rest-client.ts';
import { createTransport, type Transport } from '../../../src/kube/transport.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createApiServer } from '../../../src/server/start.ts';
import { type Setting as ClusterSetting, startSetting as startCluster } from '../controllers/setting.ts';

/** The REST API before a real API server, as the service account that the guide describes. */
export interface Setting extends ClusterSetting {
  url: string;
  /** The token of the server's own account. */
  ownToken: string;
  /** A token of a service account that is made for it, with rules of RBAC: in a namespace, or without one everywhere. */
  token(name: string, rights: Rights): Promise<string>;
  /** As `token`, of an account that is there, for an audience and a time. */
  tokenOf(name: string, options?: { audience?: string; seconds?: number }): Promise<string>;
  removeBinding(name: string, namespace: string): Promise<void>;
  /** Who wrote a cluster-scoped object, as the API server has it. */
  fieldManagers(plural: string, name: string): Promise<string[]>;
  stop(): Promise<void>;
}

export interface Rights {
  namespace?: string;
  rules: { resources: string[]; verbs: string[] }[];
}

export const accountsNamespace = 'people';

function resource(group: string, plural: string, kind: string, namespaced: boolean): Resource<KubeObject> {
  return { group, version: 'v1', plural, kind, namespaced };
}

const rbac = 'rbac.authorization.k8s.io';
const accounts = resource('', 'serviceaccounts', 'ServiceAccount', true);
const byKind: Record<string, Resource<KubeObject>> = {
  Namespace: resource('', 'namespaces', 'Namespace', false),
  Secret: resource('', 'secrets', 'Secret', true),
  ServiceAccount: accounts,
  ClusterRole: resource(rbac, 'clusterroles', 'ClusterRole', false),
  ClusterRoleBinding: resource(rbac, 'clusterrolebindings', 'ClusterRoleBinding', false),
  Role: resource(rbac, 'roles', 'Role', true),
  RoleBinding: resource(rbac, 'rolebindings', 'RoleBinding', true),
};

function kindOf(name: string): Resource<KubeObject> {
  const found = byKind[name];
  if (found === undefined) throw new Error(`no kind ${name}`);
  return found;
}

/** The manifests of the guide: what the server may do is what people are told to allow it. */
function guideManifests(): KubeObject[] {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/api.md'), 'utf8');
  const [, text = ''] = /```yaml\n(.*?)```/s.exec(guide) ?? [];
  return parseAllDocuments(text).map((document): KubeObject => document.toJS());
}

export async function startSetting(): Promise<Setting> {
  const cluster = await startCluster();
  const admin = createTransport(() => readCredentials(loadKubeConfig(cluster.kubeconfigPath)));
  await cluster.client.create(kindOf('Namespace'), { metadata: { name: accountsNamespace } });
  await cluster.client.create(kindOf('Namespace'), { metadata: { name: 'metalwright-system' } });
  for (const manifest of guideManifests()) await cluster.client.create(kindOf(manifest.kind), manifest);

  const mint = (namespace: string, name: string, options: { audience?: string; seconds?: number } = {}) =>
    requestToken(admin, namespace, name, options);
  const own = await mint('metalwright-system', 'metalwright-server');
  const transport = createTransport(async () => {
    const credentials = await readCredentials(loadKubeConfig(cluster.kubeconfigPath));
    const { cert: _cert, key: _key, ...tls } = credentials.tls;
    return { ...credentials, tls, headers: { Authorization: `Bearer ${own}` } };
  });
  const client = createKubeClientOver(transport, 10_000);
  const server = createApiServer({
    client,
    writesAs: (user) => createUserWrites(transport, user),
    log: silentLogger,
    version: '0.0.0',
    signIn: {
      apiKeys: { secret: { namespace: 'metalwright-system', name: 'metalwright-api-keys' }, mostDays: 365 },
    },
    rates: { address: undefined, caller: undefined },
    streamLimits: { checkEveryMs: 1_000 },
  });
  const { port } = await server.listen({ address: '127.0.0.1', port: 0 });
  await server.ready();

  return {
    ...cluster,
    url: `http://127.0.0.1:${port}`,
    ownToken: own,
    tokenOf: (name, options) => mint(accountsNamespace, name, options),
    async token(name, { namespace, rules }) {
      await cluster.client.create(accounts, { metadata: { name, namespace: accountsNamespace } });
      const kind = namespace === undefined ? 'ClusterRole' : 'Role';
      const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
      await cluster.client.create(kindOf(kind), {
        metadata,
        ...{ rules: rules.map((rule) => ({ apiGroups: ['metalwright.dev'], ...rule })) },
      });
      await cluster.client.create(kindOf(`${kind}Binding`), {
        metadata,
        ...{
          roleRef: { apiGroup: rbac, kind, name },
          subjects: [{ kind: 'ServiceAccount', name, namespace: accountsNamespace }],
        },
      });
      return mint(accountsNamespace, name);
    },
    removeBinding: (name, namespace) => cluster.client.delete(kindOf('RoleBinding'), name, { namespace }),
    async fieldManagers(plural, name) {
      const resource = kinds.find((kind) => kind.plural === plural);
      const object = resource && (await cluster.client.get<KubeObject>(resource, name));
      const entries = object?.metadata.managedFields;
      return Array.isArray(entries) ? entries.map(({ manager }: { manager: string }) => manager) : [];
    },
    async stop() {
      await server.stop();
      await client.close();
      await admin.close();
      await cluster.stop();
    },
  };
}

async function requestToken(
  transport: Transport,
  namespace: string,
  name: string,
  { audience, seconds = 3600 }: { audience?: string; seconds?: number },
): Promise<string> {
  const response = await transport.send({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    contentType: 'application/json',
    body: JSON.stringify({
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: seconds, ...(audience === undefined ? {} : { audiences: [audience] }) },
    }),
    headersTimeoutMs: 10_000,
    bodyTimeoutMs: 10_000,
  });
  const answer: { status: { token: string } } = JSON.parse(await response.body.text());
  return answer.status.token;
}
