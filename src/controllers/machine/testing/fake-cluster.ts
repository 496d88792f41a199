import { isDeepStrictEqual } from 'node:util';
import type { KubeClient } from '../../../kube/client.ts';
import { KubeError } from '../../../kube/errors.ts';
import type { Informer } from '../../../kube/informer.ts';
import { isRecord } from '../../../kube/json.ts';
import { type KubeObject, makeKey, type Resource } from '../../../kube/resource.ts';
import { createStore, type IndexFunction } from '../../../kube/store.ts';

/** An API server in memory: versions, finalizers, and server-side apply as far as the controllers use it. */
export interface FakeCluster {
  client: KubeClient;
  /** Copies of all objects of a kind. */
  list<T extends KubeObject>(resource: Resource<T>): T[];
  /** Writes a part of an object's spec, as a person does. */
  edit(resource: Resource<KubeObject>, key: string, spec: Record<string, unknown>): void;
}

type Json = Record<string, unknown>;

interface Stored {
  object: Json & { metadata: Json };
  /** Paths by manager and subresource. */
  managed: Map<string, Set<string>>;
}

/** @param now for timestamps: milliseconds since the epoch */
export function createFakeCluster(now: () => number): FakeCluster {
  const stored = new Map<string, Stored>();
  let version = 0;
  let uids = 0;
  const at = (): string => `${new Date(now()).toISOString().slice(0, 19)}Z`;
  const idOf = (resource: Resource<KubeObject>, name: string, namespace?: string): string =>
    `${resource.plural}:${makeKey(name, namespace)}`;

  function bump({ object }: Stored): void {
    object.metadata.resourceVersion = String(++version);
  }

  function insert(resource: Resource<KubeObject>, input: Json & { metadata: Json }): Stored {
    const { name, namespace } = input.metadata;
    const id = idOf(resource, String(name), typeof namespace === 'string' ? namespace : undefined);
    if (stored.has(id)) throw new KubeError('AlreadyExists', id);
    const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
    const object = structuredClone({ ...input, apiVersion, kind: resource.kind });
    Object.assign(object.metadata, { uid: `uid-${++uids}`, generation: 1, creationTimestamp: at() });
    const entry = { object, managed: new Map() };
    bump(entry);
    stored.set(id, entry);
    return entry;
  }

  function removeIfDone(id: string, { object }: Stored): void {
    const { deletionTimestamp, finalizers } = object.metadata;
    const held = Array.isArray(finalizers) && finalizers.length > 0;
    if (deletionTimestamp !== undefined && !held) stored.delete(id);
  }

  /** The object that an apply is about, when the apply's preconditions hold. */
  function locate(
    resource: Resource<KubeObject>,
    input: Json & { metadata: Json },
    part: 'metadata' | 'status',
  ): { id: string; entry: Stored } {
    const { name, namespace, uid, resourceVersion } = input.metadata;
    const id = idOf(resource, String(name), typeof namespace === 'string' ? namespace : undefined);
    const found = stored.get(id);
    if (found === undefined && part === 'status') throw new KubeError('NotFound', id);
    if (found === undefined && uid !== undefined) throw new KubeError('Conflict', id);
    const entry = found ?? insert(resource, input);
    const { metadata } = entry.object;
    const stale =
      found !== undefined && resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion;
    if (stale || (uid !== undefined && uid !== metadata.uid)) throw new KubeError('Conflict', id);
    return { id, entry };
  }

  function apply(
    resource: Resource<KubeObject>,
    input: Json & { metadata: Json },
    manager: string,
    part: 'metadata' | 'status',
  ): unknown {
    const { id, entry } = locate(resource, input, part);
    const { object, managed } = entry;
    const before = structuredClone(object);
    const fields = flatten(part === 'status' ? input.status : pick(input.metadata));
    const target = part === 'status' ? child(object, 'status') : object.metadata;
    const owned = managed.get(`${manager}/${part}`) ?? new Set();
    for (const path of owned) if (!fields.has(path)) put(target, path, undefined);
    for (const [path, value] of fields) put(target, path, value);
    managed.set(`${manager}/${part}`, new Set(fields.keys()));
    if (!isDeepStrictEqual(before, object)) bump(entry);
    removeIfDone(id, entry);
    return structuredClone(object);
  }

  const later = async <R>(what: () => R): Promise<R> => {
    await Promise.resolve();
    return what();
  };
  const refuse = (): never => {
    throw new Error('the controllers do not use this');
  };
  const client = {
    get: (resource: Resource<KubeObject>, name: string, namespace?: string) =>
      later(() => structuredClone(stored.get(idOf(resource, name, namespace))?.object)),
    create: (resource: Resource<KubeObject>, object: Json & { metadata: Json }) =>
      later(() => structuredClone(insert(resource, object).object)),
    apply: (
      resource: Resource<KubeObject>,
      object: Json & { metadata: Json },
      { fieldManager }: { fieldManager: string },
    ) => later(() => apply(resource, wire(object), fieldManager, 'metadata')),
    applyStatus: (
      resource: Resource<KubeObject>,
      object: Json & { metadata: Json },
      { fieldManager }: { fieldManager: string },
    ) => later(() => apply(resource, wire(object), fieldManager, 'status')),
    delete: (
      resource: Resource<KubeObject>,
      name: string,
      { namespace, preconditions }: { namespace?: string; preconditions?: { uid?: string } } = {},
    ) =>
      later(() => {
        const id = idOf(resource, name, namespace);
        const entry = stored.get(id);
        if (entry === undefined) return;
        if (preconditions?.uid !== undefined && preconditions.uid !== entry.object.metadata.uid) {
          throw new KubeError('Conflict', id);
        }
        entry.object.metadata.deletionTimestamp ??= at();
        bump(entry);
        removeIfDone(id, entry);
      }),
    list: refuse,
    patch: refuse,
    patchStatus: refuse,
    update: refuse,
    watch: refuse,
    close: refuse,
  };
  return {
    client: client as unknown as KubeClient,
    list: <T extends KubeObject>(resource: Resource<T>) =>
      [...stored]
        .filter(([id]) => id.startsWith(`${resource.plural}:`))
        .map(([, { object }]) => structuredClone(object) as unknown as T),
    edit(resource, key, spec) {
      const entry = stored.get(`${resource.plural}:${key}`);
      if (entry === undefined) return;
      Object.assign(child(entry.object, 'spec'), spec);
      entry.object.metadata.generation = Number(entry.object.metadata.generation) + 1;
      bump(entry);
    },
  };
}

/** As it goes over the wire. */
function wire<V>(value: V): V {
  return JSON.parse(JSON.stringify(value));
}

function pick({ finalizers, annotations, labels }: Json): Json {
  return { finalizers, annotations, labels };
}

/** Fields by path; `power` and maps of metadata one level deeper, everything else is atomic. */
function flatten(part: unknown): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [key, value] of Object.entries(isRecord(part) ? part : {})) {
    if (value === undefined) continue;
    if (['power', 'annotations', 'labels'].includes(key) && isRecord(value)) {
      for (const [inner, nested] of Object.entries(value)) fields.set(`${key}\n${inner}`, nested);
    } else fields.set(key, value);
  }
  return fields;
}

function child(parent: Json, key: string): Json {
  const found = parent[key];
  if (isRecord(found)) return found;
  const made: Json = {};
  parent[key] = made;
  return made;
}

function put(target: Json, path: string, value: unknown): void {
  const [key = '', inner] = path.split('\n');
  if (inner !== undefined) {
    const nested = child(target, key);
    put(nested, inner, value);
    if (Object.keys(nested).length === 0) delete target[key];
  } else if (value === undefined) delete target[key];
  else target[key] = structuredClone(value);
}

/** A cache that is brought up to date only when a test says so. */
export interface FakeInformer<T extends KubeObject> extends Informer<T> {
  refresh(): void;
}

export function createFakeInformer<T extends KubeObject>(
  cluster: FakeCluster,
  resource: Resource<T>,
  indexes: Record<string, IndexFunction<T>> = {},
): FakeInformer<T> {
  const store = createStore(indexes);
  return {
    start() {},
    stop: async () => {},
    synced: async () => {},
    hasSynced: () => true,
    get: (name, namespace) => store.get(makeKey(name, namespace)),
    list: () => store.list(),
    byIndex: (index, key) => store.byIndex(index, key),
    onChange: () => () => {},
    refresh() {
      store.replaceAll(cluster.list(resource));
    },
  };
}
