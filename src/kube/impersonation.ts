import { decodeJson, decodeObject } from './decode.ts';
import type { UserInfo } from './endpoint/reviews.ts';
import { kubeError } from './errors.ts';
import { isRecord } from './json.ts';
import { apiVersionOf, type KubeObject, type Resource, resourcePath } from './resource.ts';
import { errorOfResponse } from './status.ts';
import type { Transport, TransportRequest } from './transport.ts';

/** Where a write goes, and whether it is only tried. */
export interface WriteTarget {
  namespace?: string | undefined;
  /** All checks, admission and defaults, and nothing is stored. */
  dryRun?: boolean | undefined;
}

/** Writes in the name of one user, with nothing but that user's rights. Unknown fields are refused. */
export interface UserWrites {
  /** Errors: AlreadyExists, Invalid, Forbidden. */
  create(resource: Resource<KubeObject>, object: object, target: WriteTarget): Promise<KubeObject>;
  /** Errors: Conflict, Invalid, Forbidden, NotFound. */
  replace(
    resource: Resource<KubeObject>,
    name: string,
    object: object,
    target: WriteTarget,
  ): Promise<KubeObject>;
  /** JSON merge patch (RFC 7396). Errors: Conflict, Invalid, Forbidden, NotFound. */
  patch(
    resource: Resource<KubeObject>,
    name: string,
    patch: object,
    target: WriteTarget,
  ): Promise<KubeObject>;
  /** The object that waits for its finalizers; undefined: it is gone. Errors: Conflict, Forbidden, NotFound. */
  delete(
    resource: Resource<KubeObject>,
    name: string,
    target: WriteTarget & { resourceVersion?: string | undefined },
  ): Promise<KubeObject | undefined>;
}

const fieldManager = 'metalwright-api';

/** The headers of user impersonation; the API server's audit log has both the user and us. */
export function impersonationHeaders(user: UserInfo): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'impersonate-user': headerText(user.username) };
  if (user.uid !== undefined && user.uid !== '') headers['impersonate-uid'] = headerText(user.uid);
  if ((user.groups ?? []).length > 0) headers['impersonate-group'] = (user.groups ?? []).map(headerText);
  for (const [key, values] of Object.entries(user.extra ?? {})) {
    headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = values.map(headerText);
  }
  return headers;
}

/** A name that cannot stand in a header must not become another name. */
function headerText(text: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  throw kubeError('BadRequest', 'the name, a group or an extra of the user cannot be put into a header');
}

/** @param requestTimeoutMs limit of every request */
export function createUserWrites(
  transport: Transport,
  user: UserInfo,
  requestTimeoutMs = 30_000,
): UserWrites {
  const headers = impersonationHeaders(user);

  async function send(
    what: string,
    request: Pick<TransportRequest, 'method' | 'path'> & { body: unknown; contentType?: string },
  ): Promise<unknown> {
    const { body, contentType = 'application/json', ...rest } = request;
    const response = await transport
      .send({
        ...rest,
        contentType,
        body: JSON.stringify(body),
        headers,
        headersTimeoutMs: requestTimeoutMs,
        bodyTimeoutMs: requestTimeoutMs,
        signal: AbortSignal.timeout(requestTimeoutMs),
      })
      .catch((cause: unknown) => {
        throw kubeError('Unavailable', `${what} failed`, { cause });
      });
    const text = await response.body.text();
    if (response.statusCode === 401) transport.refreshCredentials();
    if (response.statusCode < 200 || response.statusCode > 299) {
      const retryAfter = response.headers['retry-after'];
      throw errorOfResponse(
        what,
        response.statusCode,
        text,
        typeof retryAfter === 'string' ? retryAfter : undefined,
      );
    }
    return decodeJson(what, text);
  }

  function pathOf(resource: Resource<KubeObject>, name: string | undefined, target: WriteTarget): string {
    const query = new URLSearchParams({ fieldManager, fieldValidation: 'Strict' });
    if (target.dryRun === true) query.set('dryRun', 'All');
    return `${resourcePath(resource, { name, namespace: target.namespace })}?${query.toString()}`;
  }

  const typed = (resource: Resource<KubeObject>, object: object) => ({
    ...object,
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
  });

  return {
    async create(resource, object, target) {
      const what = `creating ${resource.plural}`;
      const path = pathOf(resource, undefined, target);
      return decodeObject(
        what,
        resource,
        await send(what, { method: 'POST', path, body: typed(resource, object) }),
      );
    },
    async replace(resource, name, object, target) {
      const what = `replacing ${resource.plural}/${name}`;
      const path = pathOf(resource, name, target);
      return decodeObject(
        what,
        resource,
        await send(what, { method: 'PUT', path, body: typed(resource, object) }),
      );
    },
    async patch(resource, name, patch, target) {
      const what = `patching ${resource.plural}/${name}`;
      const path = pathOf(resource, name, target);
      const contentType = 'application/merge-patch+json';
      return decodeObject(
        what,
        resource,
        await send(what, { method: 'PATCH', path, contentType, body: patch }),
      );
    },
    async delete(resource, name, { resourceVersion, ...target }) {
      const what = `deleting ${resource.plural}/${name}`;
      const answer = await send(what, {
        method: 'DELETE',
        path: resourcePath(resource, { name, namespace: target.namespace }),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          // Here: beside a body the API server looks at no query, and would delete.
          ...(target.dryRun === true ? { dryRun: ['All'] } : {}),
          ...(resourceVersion === undefined ? {} : { preconditions: { resourceVersion } }),
        },
      });
      const isObject = isRecord(answer) && answer.kind === resource.kind;
      return isObject ? decodeObject(what, resource, answer) : undefined;
    },
  };
}
