import type { ObjectMeta } from '../api/meta.ts';
import { isRecord } from './json.ts';

export type { ObjectMeta, OwnerReference } from '../api/meta.ts';

/** What every Kubernetes object has. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Identifies a resource type; T is its object type. */
export interface Resource<T extends KubeObject> {
  /** '' for the core group. */
  group: string;
  version: string;
  /** Lower case, as in the URL: `machines`. */
  plural: string;
  kind: string;
  namespaced: boolean;
  /** Checks and types an object that the API server sent. Without it only kind and name are checked. Throws to refuse. */
  parse?(raw: unknown): T;
}

/** Every part optional, to the leaves. Elements of arrays are whole. */
export type DeepPartial<V> = V extends readonly unknown[]
  ? V
  : V extends object
    ? { [K in keyof V]?: DeepPartial<V[K]> | undefined }
    : V;

/** What server-side apply takes: the fields that the manager wants to own, and nothing else. */
export type ApplyObject<T extends KubeObject> = DeepPartial<Omit<T, 'apiVersion' | 'kind' | 'metadata'>> & {
  apiVersion?: string;
  kind?: string;
  metadata: DeepPartial<ObjectMeta> & { name: string };
};

/** What create takes: apiVersion and kind are filled in; `generateName` may stand for the name. */
export type CreateObject<T extends KubeObject> = DeepPartial<Omit<T, 'apiVersion' | 'kind' | 'metadata'>> & {
  apiVersion?: string;
  kind?: string;
  metadata: DeepPartial<ObjectMeta> & { generateName?: string };
};

/** A JSON merge patch (RFC 7396): `null` takes a member away, an array is replaced as a whole. */
export type MergePatch<V> = V extends readonly unknown[]
  ? V
  : V extends object
    ? { [K in keyof V]?: MergePatch<V[K]> | null | undefined }
    : V;

/** `group/version`, or `v1` for the core group. */
export function apiVersionOf(resource: Resource<KubeObject>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The key under which an object is cached and queued: `name`, or `namespace/name`. */
export function keyOf(object: { metadata: { name: string; namespace?: string | undefined } }): string {
  return makeKey(object.metadata.name, object.metadata.namespace);
}

/** The key of a name in a namespace; cluster-scoped objects have no namespace. */
export function makeKey(name: string, namespace?: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The inverse of {@link makeKey}. */
export function splitKey(key: string): { name: string; namespace: string | undefined } {
  const slash = key.indexOf('/');
  if (slash < 0) return { name: key, namespace: undefined };
  return { name: key.slice(slash + 1), namespace: key.slice(0, slash) };
}

/**
 * The path of a resource, an object or a subresource on the API server. A namespaced resource without a namespace is
 * the collection over all namespaces.
 */
export function resourcePath(
  resource: Resource<KubeObject>,
  target: {
    name?: string | undefined;
    namespace?: string | undefined;
    subresource?: string | undefined;
  } = {},
): string {
  const root =
    resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const { name, namespace, subresource } = target;
  let path = root;
  if (resource.namespaced && namespace !== undefined && namespace !== '') {
    path += `/namespaces/${encodeURIComponent(namespace)}`;
  }
  path += `/${resource.plural}`;
  if (name !== undefined) path += `/${encodeURIComponent(name)}`;
  if (subresource !== undefined) path += `/${subresource}`;
  return path;
}

/** True when `raw` looks like an object of this resource: right kind, and a name. */
export function isObjectOf<T extends KubeObject>(resource: Resource<T>, raw: unknown): raw is T {
  if (!isRecord(raw) || !isRecord(raw.metadata)) return false;
  if (raw.kind !== resource.kind || raw.apiVersion !== apiVersionOf(resource)) return false;
  return typeof raw.metadata.name === 'string' && raw.metadata.name !== '';
}
