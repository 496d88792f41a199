import type { Dispatcher } from 'undici';
import { messageOf } from '../errors/coded-error.ts';
import type { ApplyOptions, KubeClient, ListOptions, WriteOptions } from './client.ts';
import { decodeJson, decodeListPage, decodeObject, keyOfRaw } from './decode.ts';
import { isKubeError, kubeError } from './errors.ts';
import { type ApplyObject, apiVersionOf, type KubeObject, type Resource, resourcePath } from './resource.ts';
import { errorOfResponse } from './status.ts';
import type { Transport, TransportRequest } from './transport.ts';
import { readWatch } from './watch.ts';

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
    const {
      namespace,
      labelSelector,
      fieldSelector,
      pageSize = 500,
      signal,
      onUnreadable,
      onObject,
    } = options;
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
          const object = decodeObject(what, resource, item);
          onObject?.(object);
          items.push(object);
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
    { namespace, fieldManager, dryRun }: WriteOptions = {},
    subresource?: 'status',
  ): Promise<T> {
    return send(resource, {
      what: `patching ${describe(resource, name, namespace, subresource)}`,
      method: 'PATCH',
      path: resourcePath(resource, { name, namespace, subresource }),
      query: { fieldManager, dryRun: dryRun === true ? 'All' : undefined },
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
    create(resource, object, { fieldManager, dryRun } = {}) {
      const { name, generateName, namespace } = object.metadata;
      return send(resource, {
        what: `creating ${describe(resource, name ?? `${generateName ?? ''}*`, namespace)}`,
        method: 'POST',
        path: resourcePath(resource, { namespace }),
        query: { fieldManager, dryRun: dryRun === true ? 'All' : undefined },
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
    async delete(resource, name, { namespace, preconditions, propagationPolicy, dryRun } = {}) {
      try {
        await call({
          what: `deleting ${describe(resource, name, namespace)}`,
          method: 'DELETE',
          path: resourcePath(resource, { name, namespace }),
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            preconditions,
            propagationPolicy,
            dryRun: dryRun === true ? ['All'] : undefined,
          },
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
