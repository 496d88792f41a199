import type { KubeClient } from '../../kube/client.ts';
import { kubeError } from '../../kube/errors.ts';
import type { UserWrites } from '../../kube/impersonation.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import type { CreateObject, KubeObject, Resource } from '../../kube/resource.ts';
import { silentLogger } from '../../log/logger.ts';
import { type ApiServer, type ApiServerOptions, createApiServer } from '../start.ts';

/** What the pretended API server lets a caller do: tokens to names, and names to `verb plural`, `verb plural namespace` or `verb /path`. */
export interface Rules {
  tokens: Record<string, string>;
  rights: Record<string, readonly string[]>;
}

export interface TestServer extends ApiServer {
  memory: MemoryClient;
  rules: Rules;
  /** Answers of reviews that were asked for. */
  reviews(): number;
}

/** The whole REST API over an API server in memory. Whoever is called `admin` may do everything. */
export async function startTestServer(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const memory = createMemoryClient();
  const rules: Rules = { tokens: { admin: 'admin' }, rights: {} };
  let reviews = 0;

  function review(kind: string, spec: unknown): unknown {
    reviews += 1;
    const text = (value: unknown, name: string): string => {
      const member: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : '';
      return typeof member === 'string' ? member : '';
    };
    if (kind === 'TokenReview') {
      const username = rules.tokens[text(spec, 'token')];
      return { status: { authenticated: username !== undefined, user: { username } } };
    }
    const asked: unknown =
      typeof spec === 'object' && spec !== null ? Reflect.get(spec, 'resourceAttributes') : {};
    const path: unknown = Reflect.get(Object(spec), 'nonResourceAttributes');
    if (path !== undefined) {
      const rights = rules.rights[text(spec, 'user')] ?? [];
      return { status: { allowed: rights.includes(`${text(path, 'verb')} ${text(path, 'path')}`) } };
    }
    const subresource = text(asked, 'subresource');
    const what = `${text(asked, 'resource')}${subresource === '' ? '' : `/${subresource}`}`;
    const right = `${text(asked, 'verb')} ${what}`;
    const rights = rules.rights[text(spec, 'user')] ?? [];
    const allowed =
      text(spec, 'user') === 'admin' ||
      rights.includes(right) ||
      rights.includes(`${right} ${text(asked, 'namespace')}`);
    return { status: { allowed } };
  }

  const client: KubeClient = {
    ...memory,
    async create<T extends KubeObject>(resource: Resource<T>, object: CreateObject<T>): Promise<T> {
      if (!/Review$/.test(resource.kind) || resource.parse === undefined)
        return memory.create(resource, object);
      return resource.parse(review(resource.kind, Reflect.get(object, 'spec')));
    },
  };
  const server = createApiServer({
    client,
    writesAs: () => memoryWrites(memory),
    log: silentLogger,
    version: '0.0.0',
    ...options,
    signIn: {
      apiKeys: { secret: { namespace: 'metalwright-system', name: 'metalwright-api-keys' }, mostDays: 365 },
      ...options.signIn,
    },
  });
  await server.ready();
  return Object.assign(server, { memory, rules, reviews: () => reviews });
}

function memoryWrites(memory: MemoryClient): UserWrites {
  const nameOf = (object: object): string => {
    const metadata: unknown = Reflect.get(object, 'metadata');
    const name: unknown =
      typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'name') : '';
    return typeof name === 'string' ? name : '';
  };
  return {
    create: (resource, object, { namespace }) =>
      memory.create(resource, { ...object, metadata: { ...Reflect.get(object, 'metadata'), namespace } }),
    replace: (resource, name, object, { namespace }) =>
      memory.update(resource, {
        ...object,
        apiVersion: '',
        kind: resource.kind,
        metadata: { ...Reflect.get(object, 'metadata'), name, namespace },
      }),
    patch: (resource, name, patch, { namespace }) => memory.patch(resource, name, patch, { namespace }),
    async delete(resource, name, { namespace, resourceVersion }) {
      if ((await memory.get(resource, name, namespace)) === undefined)
        throw kubeError('NotFound', nameOf({}));
      await memory.delete(resource, name, { namespace, preconditions: { resourceVersion } });
      return undefined;
    },
  };
}
