import type { Dispatcher } from 'undici';
import { messageOf } from '../errors/coded-error.ts';
import { decodeJson, decodeListPage, decodeObject, keyOfRaw } from './decode.ts';
import { isKubeError, kubeError } from './errors.ts';
import {
  type ApplyObject,
  apiVersionOf,
  type CreateObject,
  type DeepPartial,
  type KubeObject,
  type MergePatch,
  type Resource,
  resourcePath,
} from './resource.ts';
import { errorOfResponse } from './status.ts';
import { createTransport, loadKubeConfig, type Transport, type TransportRequest } from './transport.ts';
import { readWatch, type WatchEvent } from './watch.ts';

export interface ListOptions {
  /** Without it, over all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Objects asked for at a time. Default 500. */
  pageSize?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called for an object that the resource's `parse` refuses. Default: the whole list fails. */
  onUnreadable?: ((error: unknown, key: { name: string; namespace: string | undefined }) => void) | undefined;
}

export interface WatchOptions {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Events after this version. */
  resourceVersion: string;
  /** When the server ends the watch by itself, in seconds. Default 300. */
  timeoutSeconds?: number | undefined;
  /** Silence after which the watch is given up, in milliseconds: bookmarks come every minute. Default 75,000. */
  inactivityTimeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface ApplyOptions {
  /** The owner of the fields in this object: one a controller. */
  fieldManager: string;
  /** Take fields from other managers. Default true. */
  force?: boolean | undefined;
}

export interface WriteOptions {
  namespace?: string | undefined;
  fieldManager?: string | undefined;
}

export interface DeleteOptions {
  namespace?: string | undefined;
  /** The object must still be this one. Errors: Conflict when it is not. */
  preconditions?: { uid?: string | undefined; resourceVersion?: string | undefined } | undefined;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
}

/**
 * The operations on Kubernetes objects. Every failure is a KubeError; those that callers meet in normal work are named at each operation.
 * Every request ends within the request timeout.
 */
export interface KubeClient {
  /** undefined when there is no such object. */
  get<T extends KubeObject>(resource: Resource<T>, name: string, namespace?: string): Promise<T | undefined>;
  /** All pages of a list, read at one resource version. */
  list<T extends KubeObject>(
    resource: Resource<T>,
    options?: ListOptions,
  ): Promise<{ items: T[]; resourceVersion: string }>;
  /** Errors: AlreadyExists, Invalid. */
  create<T extends KubeObject>(
    resource: Resource<T>,
    object: CreateObject<T>,
    options?: { fieldManager?: string | undefined },
  ): Promise<T>;
  /**
   * Server-side apply: makes the object when it is missing, and takes away fields that this manager applied before and now leaves out.
   * Preconditions, when set: `metadata.resourceVersion` (an object that exists has this version; a missing one is made all the same)
   * and `metadata.uid` (the object exists and is this one). Set both to change only what was seen. Errors: Conflict, Invalid.
   */
  apply<T extends KubeObject>(
    resource: Resource<T>,
    object: ApplyObject<T>,
    options: ApplyOptions,
  ): Promise<T>;
  /** As apply, for the status subresource. Errors: Conflict, Invalid, NotFound. */
  applyStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: ApplyObject<T>,
    options: ApplyOptions,
  ): Promise<T>;
  /** JSON merge patch. `metadata.resourceVersion`, when set, is a precondition. Errors: Conflict, Invalid, NotFound. */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    patch: MergePatch<DeepPartial<T>>,
    options?: WriteOptions,
  ): Promise<T>;
  /** As patch, for the status subresource. */
  patchStatus<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    patch: MergePatch<DeepPartial<T>>,
    options?: WriteOptions,
  ): Promise<T>;
  /** Replaces the whole object; its resource version is the precondition. Errors: Conflict, Invalid, NotFound. */
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: { fieldManager?: string | undefined },
  ): Promise<T>;
  /** Done also when there is no such object. Errors: Conflict when a precondition does not hold. */
  delete(resource: Resource<KubeObject>, name: string, options?: DeleteOptions): Promise<void>;
  /**
   * Changes after a version, with bookmarks. Ends when the server ends it. Errors: Gone when the version is too old, Timeout
   * when nothing came for too long, Unavailable when the connection broke, Stopped when the signal was aborted.
   */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** Closes the connections. */
  close(): Promise<void>;
}

export interface KubeClientOptions {
  /** A kubeconfig file; without it `KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  kubeconfigPath?: string | undefined;
  /** No request but a watch takes longer, in milliseconds. Default 30,000. */
  requestTimeoutMs?: number | undefined;
}

/** Errors: KubeconfigInvalid. Nothing is sent yet. */
export function createKubeClient(options: KubeClientOptions = {}): KubeClient {
  const transport = createTransport(loadKubeConfig(options.kubeconfigPath));
  return createKubeClientOver(transport, options.requestTimeoutMs ?? 30_000);
}

const applyContentType = 'application/apply-patch+yaml';
const mergePatchContentType = 'application/merge-patch+json';

type Query = Record<string, string | number | boolean | undefined>;

interface Call {
  what: string;
  method: TransportRequest['method'];
  path: string;
  query?: Query;
  contentType?: string;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** The client over any transport. @param requestTimeoutMs limit of every request but watches. */
export function createKubeClientOver(transport: Transport, requestTimeoutMs: number): KubeClient {
  async function call({ what, method, path, query, contentType, body, signal }: Call): Promise<unknown> {
    const limit = AbortSignal.timeout(requestTimeoutMs);
    const request: TransportRequest = {
      method,
      path: path + queryString(query),
      headersTimeoutMs: requestTimeoutMs,
      bodyTimeoutMs: requestTimeoutMs,
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), contentType: contentType ?? 'application/json' }),
    };
    try {
      let response = await transport.send(request);
      if (response.statusCode === 401) {
        // A token may have been rotated under us; one more try with what is on disk now.
        await response.body.dump();
        transport.refreshCredentials();
        response = await transport.send(request);
      }
      const text = await response.body.text();
      if (response.statusCode < 200 || response.statusCode > 299) throw errorOf(what, response, text);
      return decodeJson(what, text);
    } catch (error) {
      throw translate(what, error, { signal, limit });
    }
  }

  async function send<T extends KubeObject>(resource: Resource<T>, request: Call): Promise<T> {
    return decodeObject(request.what, resource, await call(request));
  }

  async function listOnce<T extends KubeObject>(resource: Resource<T>, options: ListOptions) {
    const { namespace, labelSelector, fieldSelector, pageSize = 500, signal, onUnreadable } = options;
    const what = `listing ${describe(resource, undefined, namespace)}`;
    const items: T[] = [];
    let continueToken: string | undefined;
    for (;;) {
      const raw = await call({
        what,
        method: 'GET',
        path: resourcePath(resource, { namespace }),
        query: { labelSelector, fieldSelector, limit: pageSize, continue: continueToken },
        signal,
      });
      const page = decodeListPage(what, resource, raw);
      for (const item of page.items) {
        try {
          items.push(decodeObject(what, resource, item));
        } catch (error) {
          const key = keyOfRaw(item);
          if (onUnreadable === undefined || key === undefined) throw error;
          onUnreadable(error, key);
        }
      }
      continueToken = page.continueToken;
      if (continueToken === undefined) return { items, resourceVersion: page.resourceVersion };
    }
  }

  function apply<T extends KubeObject>(
    resource: Resource<T>,
    object: ApplyObject<T>,
    { fieldManager, force = true }: ApplyOptions,
    subresource?: 'status',
  ): Promise<T> {
    const { name, namespace } = object.metadata;
    return send(resource, {
      what: `applying ${describe(resource, name, namespace, subresource)}`,
      method: 'PATCH',
      path: resourcePath(resource, { name, namespace, subresource }),
      query: { fieldManager, force },
      contentType: applyContentType,
      body: { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind },
    });
  }

  function patch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    body: unknown,
    { namespace, fieldManager }: WriteOptions = {},
    subresource?: 'status',
  ): Promise<T> {
    return send(resource, {
      what: `patching ${describe(resource, name, namespace, subresource)}`,
      method: 'PATCH',
      path: resourcePath(resource, { name, namespace, subresource }),
      query: { fieldManager },
      contentType: mergePatchContentType,
      body,
    });
  }

  return {
    async get(resource, name, namespace) {
      try {
        return await send(resource, {
          what: `getting ${describe(resource, name, namespace)}`,
          method: 'GET',
          path: resourcePath(resource, { name, namespace }),
        });
      } catch (error) {
        if (isKubeError(error, 'NotFound')) return undefined;
        throw error;
      }
    },
    async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}) {
      try {
        return await listOnce(resource, options);
      } catch (error) {
        // The continue token outlived the API server's history: once more from the start.
        if (isKubeError(error, 'Gone')) return await listOnce(resource, options);
        throw error;
      }
    },
    create(resource, object, { fieldManager } = {}) {
      const { name, generateName, namespace } = object.metadata;
      return send(resource, {
        what: `creating ${describe(resource, name ?? `${generateName ?? ''}*`, namespace)}`,
        method: 'POST',
        path: resourcePath(resource, { namespace }),
        query: { fieldManager },
        body: { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind },
      });
    },
    apply: (resource, object, options) => apply(resource, object, options),
    applyStatus: (resource, object, options) => apply(resource, object, options, 'status'),
    patch: (resource, name, body, options) => patch(resource, name, body, options),
    patchStatus: (resource, name, body, options) => patch(resource, name, body, options, 'status'),
    update(resource, object, { fieldManager } = {}) {
      const { name, namespace } = object.metadata;
      return send(resource, {
        what: `updating ${describe(resource, name, namespace)}`,
        method: 'PUT',
        path: resourcePath(resource, { name, namespace }),
        query: { fieldManager },
        body: object,
      });
    },
    async delete(resource, name, { namespace, preconditions, propagationPolicy } = {}) {
      try {
        await call({
          what: `deleting ${describe(resource, name, namespace)}`,
          method: 'DELETE',
          path: resourcePath(resource, { name, namespace }),
          body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions, propagationPolicy },
        });
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error;
      }
    },
    async *watch(resource, options) {
      const { namespace, labelSelector, fieldSelector, resourceVersion, signal } = options;
      const { timeoutSeconds = 300, inactivityTimeoutMs = 75_000 } = options;
      const what = `watching ${describe(resource, undefined, namespace)}`;
      const silence = new AbortController();
      const giveUp = (): void => silence.abort();
      const headersTimeoutMs = Math.min(requestTimeoutMs, inactivityTimeoutMs);
      let watchdog = setTimeout(giveUp, headersTimeoutMs);
      try {
        const response = await transport.send({
          method: 'GET',
          path:
            resourcePath(resource, { namespace }) +
            queryString({
              watch: true,
              allowWatchBookmarks: true,
              timeoutSeconds,
              resourceVersion,
              labelSelector,
              fieldSelector,
            }),
          headersTimeoutMs,
          bodyTimeoutMs: 0,
          stream: true,
          signal: signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal]),
        });
        clearTimeout(watchdog);
        watchdog = setTimeout(giveUp, inactivityTimeoutMs);
        if (response.statusCode !== 200) {
          if (response.statusCode === 401) transport.refreshCredentials();
          throw errorOf(what, response, await response.body.text());
        }
        yield* readWatch(what, resource, response.body, () => watchdog.refresh());
      } catch (error) {
        throw translate(what, error, { signal, limit: silence.signal });
      } finally {
        clearTimeout(watchdog);
        silence.abort();
      }
    },
    close: () => transport.close(),
  };
}

function describe(
  resource: Resource<KubeObject>,
  name?: string,
  namespace?: string,
  subresource?: string,
): string {
  const parts = [namespace, resource.plural, name, subresource].filter(
    (part) => part !== undefined && part !== '',
  );
  return parts.join('/');
}

function queryString(query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

function errorOf(what: string, response: Dispatcher.ResponseData, body: string): Error {
  const retryAfter = response.headers['retry-after'];
  return errorOfResponse(
    what,
    response.statusCode,
    body,
    typeof retryAfter === 'string' ? retryAfter : undefined,
  );
}

const timeoutCodes: ReadonlySet<unknown> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** What undici throws, as a KubeError. The signals tell who ended the exchange. */
function translate(
  what: string,
  error: unknown,
  { signal, limit }: { signal: AbortSignal | undefined; limit: AbortSignal },
): Error {
  if (signal?.aborted === true) return kubeError('Stopped', what, { cause: error });
  if (limit.aborted) return kubeError('Timeout', what, { cause: error });
  if (isKubeError(error)) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const kind = timeoutCodes.has(code) ? 'Timeout' : 'Unavailable';
  return kubeError(kind, `${what} failed (${messageOf(error)})`, { cause: error });
}
