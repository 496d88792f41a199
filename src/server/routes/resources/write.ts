import { isKubeError } from '../../../kube/errors.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { etagOf, versionOfIfMatch } from '../../preconditions.ts';
import {
  type ApiResource,
  NamespacedObjectPath,
  NamespacePath,
  ObjectPath,
  PatchBody,
  readSchema,
  type Verb,
  writtenSchema,
} from '../../resources.ts';
import { type Answer, type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { WriteQuery } from './list-query.ts';

const ifMatch = { 'If-Match': 'The ETag of the version that is meant: 412 when it is another by now.' };
const idempotencyKey = {
  'Idempotency-Key':
    'Of your own choice. The same request with the same key within ten minutes is answered as the first one was.',
};
const etagHeader = { ETag: 'The version of the object.' };

/** Writing one resource. Every write is a write of the custom resource, with the caller's rights and in their name. */
export function writeRoutes(deps: ServerDeps, resource: ApiResource): ApiRoute[] {
  const { noun, singular, kind, verbs } = resource;
  const root = kind.namespaced ? `/api/v1/namespaces/{namespace}/${noun}` : `/api/v1/${noun}`;
  const object = readSchema(resource);
  const written = writtenSchema(resource);
  const Collection = kind.namespaced ? NamespacePath : noParameters;
  const Member = kind.namespaced ? NamespacedObjectPath : ObjectPath;
  const answer = (description: string) => ({ description, schema: object, headers: etagHeader });
  const routes: Record<Verb, () => ApiRoute> = {
    create: () =>
      defineRoute({
        method: 'POST',
        path: root,
        id: `create${singular}`,
        tag: noun,
        summary: `Create a ${singular}`,
        pathSchema: Collection,
        querySchema: WriteQuery,
        headers: idempotencyKey,
        bodySchema: written,
        answers: { 201: { ...answer('It is there.'), headers: { ...etagHeader, Location: 'Where it is.' } } },
        problems: ['AlreadyExists', 'Forbidden', 'IdempotencyKeyReused', 'Invalid', 'NotFound'],
        handle: async ({ path, query, body, caller, header }) =>
          deps.idempotency.once(
            { caller, key: header('idempotency-key'), request: [root, path, query, body] },
            async () => {
              const target = targetOf(path, query);
              const created = await deps
                .writesOf(caller)
                .create(kind, inPlace(body, target.namespace), target);
              return finish(deps, resource, created, { status: 201, dryRun: target.dryRun });
            },
          ),
      }),
    replace: () =>
      defineRoute({
        method: 'PUT',
        path: `${root}/{name}`,
        id: `replace${singular}`,
        tag: noun,
        summary: `Replace a ${singular}`,
        description: 'The version that is replaced is named by If-Match or by metadata.resourceVersion.',
        pathSchema: Member,
        querySchema: WriteQuery,
        headers: ifMatch,
        bodySchema: written,
        answers: { 200: answer('It is replaced.') },
        problems: [
          'Conflict',
          'Forbidden',
          'Invalid',
          'NotFound',
          'PreconditionFailed',
          'PreconditionRequired',
        ],
        handle: async ({ path, query, body, caller, header }) => {
          const target = targetOf(path, query);
          const { name } = ObjectPath.parse({ name: path.name });
          const placed = inPlace(body, target.namespace, name);
          const resourceVersion = versionOfIfMatch(header('if-match')) ?? placed.metadata.resourceVersion;
          if (resourceVersion === undefined) {
            throw serverError(
              'PreconditionRequired',
              'send If-Match with the ETag, or metadata.resourceVersion',
            );
          }
          const metadata = { ...placed.metadata, resourceVersion };
          const replaced = await guarded(header('if-match'), () =>
            deps.writesOf(caller).replace(kind, name, { ...placed, metadata }, target),
          );
          return finish(deps, resource, replaced, { status: 200, dryRun: target.dryRun });
        },
      }),
    patch: () =>
      defineRoute({
        method: 'PATCH',
        path: `${root}/{name}`,
        id: `patch${singular}`,
        tag: noun,
        summary: `Change some fields of a ${singular}`,
        pathSchema: Member,
        querySchema: WriteQuery,
        headers: ifMatch,
        bodySchema: PatchBody,
        bodyTypes: ['application/merge-patch+json', 'application/json'],
        answers: { 200: answer('It is changed.') },
        problems: ['Conflict', 'Forbidden', 'Invalid', 'NotFound', 'PreconditionFailed'],
        handle: async ({ path, query, body, caller, header }) => {
          const target = targetOf(path, query);
          const { name } = ObjectPath.parse({ name: path.name });
          const version = versionOfIfMatch(header('if-match'));
          const patch =
            version === undefined
              ? body
              : { ...body, metadata: { ...body.metadata, resourceVersion: version } };
          const patched = await guarded(header('if-match'), () =>
            deps.writesOf(caller).patch(kind, name, patch, target),
          );
          return finish(deps, resource, patched, { status: 200, dryRun: target.dryRun });
        },
      }),
    delete: () =>
      defineRoute({
        method: 'DELETE',
        path: `${root}/{name}`,
        id: `delete${singular}`,
        tag: noun,
        summary: `Delete a ${singular}`,
        pathSchema: Member,
        querySchema: WriteQuery,
        headers: ifMatch,
        bodySchema: noBody,
        answers: {
          202: answer('It goes as soon as what depends on it is done.'),
          204: { description: 'It is gone.' },
        },
        problems: ['Forbidden', 'NotFound', 'PreconditionFailed'],
        handle: async ({ path, query, caller, header }) => {
          const target = targetOf(path, query);
          const { name } = ObjectPath.parse({ name: path.name });
          const resourceVersion = versionOfIfMatch(header('if-match'));
          const leaving = await guarded(header('if-match'), () =>
            deps.writesOf(caller).delete(kind, name, { ...target, resourceVersion }),
          );
          if (leaving?.metadata.deletionTimestamp === undefined) {
            if (!target.dryRun) await deps.caches.gone(resource, name, target.namespace);
            return { status: 204 };
          }
          return finish(deps, resource, leaving, { status: 202, dryRun: target.dryRun });
        },
      }),
  };
  return verbs.map((verb) => routes[verb]());
}

function targetOf(path: Record<string, unknown>, { dryRun }: { dryRun?: 'true' | 'false' | undefined }) {
  const namespace = typeof path.namespace === 'string' ? path.namespace : undefined;
  return { namespace, dryRun: dryRun === 'true' };
}

interface Written {
  metadata: {
    name?: string | undefined;
    namespace?: string | undefined;
    resourceVersion?: string | undefined;
  };
}

/** The body at the place that the path names. Errors: BadRequest when it says another. */
function inPlace(body: Record<string, unknown>, namespace: string | undefined, name?: string) {
  const { status: _status, ...rest } = body;
  const metadata: Written['metadata'] & Record<string, unknown> = isMetadata(body.metadata)
    ? body.metadata
    : {};
  const given = metadata.namespace;
  if (given !== undefined && given !== namespace) throw elsewhere('namespace');
  if (name !== undefined && metadata.name !== undefined && metadata.name !== name) throw elsewhere('name');
  return {
    ...rest,
    metadata: {
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    },
  };
}

function isMetadata(value: unknown): value is Written['metadata'] & Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function elsewhere(part: string) {
  const field = `body.metadata.${part}`;
  const message = `is not the ${part} in the path`;
  return serverError('BadRequest', `${field} ${message}`, { errors: [{ field, message }] });
}

/** A conflict is a failed precondition for whoever named a version. */
async function guarded<R>(ifMatchHeader: string | undefined, write: () => Promise<R>): Promise<R> {
  try {
    return await write();
  } catch (error) {
    if (ifMatchHeader !== undefined && isKubeError(error, 'Conflict')) {
      throw serverError('PreconditionFailed', error.said ?? error.message, { cause: error });
    }
    throw error;
  }
}

async function finish(
  { caches }: ServerDeps,
  resource: ApiResource,
  written: KubeObject,
  { status, dryRun }: { status: number; dryRun: boolean },
): Promise<Answer> {
  if (!dryRun) await caches.seen(resource, written);
  const { managedFields: _managedFields, ...metadata } = written.metadata;
  const { name, namespace } = metadata;
  const where = namespace === undefined ? '' : `namespaces/${namespace}/`;
  return {
    status,
    body: { ...written, metadata },
    headers: {
      etag: etagOf(written),
      ...(status === 201 ? { location: `/api/v1/${where}${resource.noun}/${name}` } : {}),
    },
  };
}
