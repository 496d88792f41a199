import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Caller } from '../../../kube/endpoint/caller-review.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import type { Caches } from '../../caches.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { matches, mentions } from '../../list/filter.ts';
import { createOrdering } from '../../list/ordering.ts';
import { pageOf } from '../../list/page.ts';
import { createSelection } from '../../list/select.ts';
import { textOf } from '../../list/text.ts';
import { etagOf, isNoneMatch } from '../../preconditions.ts';
import {
  type ApiResource,
  attributesOf,
  machineViewSchema,
  NamespacedObjectPath,
  NamespacePath,
  ObjectPath,
  readSchema,
} from '../../resources.ts';
import { type Answer, type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { isPublicPart, seenBy, type Tenant, tenantOf } from '../../tenancy.ts';
import { FieldsQuery, ListQuery, parseFields, parseListQuery } from './list-query.ts';

const etagHeader = { ETag: 'The version of the answer, for If-None-Match and, on one object, for If-Match.' };
const ifNoneMatch = { 'If-None-Match': 'An ETag: 304 without a body, when nothing has changed.' };

/** Reading one resource: the list, or the lists, and one object. */
export function readRoutes(deps: ServerDeps, resource: ApiResource): ApiRoute[] {
  const { noun, singular, kind } = resource;
  const object = resource.noun === 'machines' ? machineViewSchema(resource) : readSchema(resource);
  const page = z.object({
    items: z.array(object),
    total: z.int().min(0).describe('How many objects match, on all pages.'),
    next: z.string().optional().describe('The cursor of the next page. Missing: this is the last.'),
  });
  const shared = {
    method: 'GET',
    tag: noun,
    headers: ifNoneMatch,
    bodySchema: noBody,
  } as const;
  const listed = {
    200: { description: 'A page of the list.', schema: page, headers: etagHeader },
    304: { description: 'Nothing has changed.' },
  };
  const plural = `${singular}List`;
  const everywhere = defineRoute({
    ...shared,
    path: `/api/v1/${noun}`,
    id: `list${singular}`,
    summary: kind.namespaced ? `${plural}: all namespaces that you may read` : plural,
    description: resource.description,
    pathSchema: noParameters,
    querySchema: ListQuery,
    answers: listed,
    problems: ['BadCursor', 'Forbidden'],
    handle: async ({ query, caller, header }) =>
      list(deps, resource, { query, caller, ifNoneMatch: header('if-none-match') }),
  });
  const one = {
    200: { description: 'The object.', schema: object, headers: etagHeader },
    304: { description: 'It has not changed.' },
  };
  if (!kind.namespaced) {
    return [
      everywhere,
      defineRoute({
        ...shared,
        path: `/api/v1/${noun}/{name}`,
        id: `get${singular}`,
        summary: `One ${singular}`,
        pathSchema: ObjectPath,
        querySchema: FieldsQuery,
        answers: one,
        problems: ['Forbidden', 'NotFound'],
        handle: async ({ path, query, caller, header }) =>
          get(deps, resource, path, { query, caller, ifNoneMatch: header('if-none-match') }),
      }),
    ];
  }
  return [
    everywhere,
    defineRoute({
      ...shared,
      path: `/api/v1/namespaces/{namespace}/${noun}`,
      id: `listNamespaced${singular}`,
      summary: `${plural} of one namespace`,
      pathSchema: NamespacePath,
      querySchema: ListQuery,
      answers: listed,
      problems: ['BadCursor', 'Forbidden'],
      handle: async ({ path, query, caller, header }) =>
        list(deps, resource, { query, caller, ifNoneMatch: header('if-none-match') }, path.namespace),
    }),
    defineRoute({
      ...shared,
      path: `/api/v1/namespaces/{namespace}/${noun}/{name}`,
      id: `get${singular}`,
      summary: `One ${singular}`,
      pathSchema: NamespacedObjectPath,
      querySchema: FieldsQuery,
      answers: one,
      problems: ['Forbidden', 'NotFound'],
      handle: async ({ path, query, caller, header }) =>
        get(deps, resource, path, { query, caller, ifNoneMatch: header('if-none-match') }),
    }),
  ];
}

interface Reading<Query> {
  query: Query;
  caller: Caller;
  ifNoneMatch: string | undefined;
}

async function get(
  { access, caches }: ServerDeps,
  resource: ApiResource,
  { name, namespace }: { name: string; namespace?: string },
  { query, caller, ifNoneMatch }: Reading<z.infer<typeof FieldsQuery>>,
): Promise<Answer> {
  const tenant = await tenantFor({ access, caches }, resource, caller, 'get', name);
  if (tenant === undefined) await access.require(caller, attributesOf(resource, 'get', { name, namespace }));
  const found = caches.of(resource.noun).get(name, namespace);
  const object =
    tenant === undefined || found === undefined ? found : seenBy(tenant, resource.noun, found, caches);
  if (object === undefined) {
    const where = namespace === undefined ? '' : ` in the namespace ${namespace}`;
    throw serverError('NotFound', `there is no ${resource.kind.kind} ${name}${where}`);
  }
  const etag = isPublicPart(object) ? `W/"${object.metadata.resourceVersion}-public"` : etagOf(object);
  if (isNoneMatch(ifNoneMatch, etag)) return { status: 304, headers: { etag } };
  const fields = parseFields(query.fields);
  return {
    status: 200,
    text: fields === undefined ? textOf(object) : JSON.stringify(createSelection(fields)(object)),
    headers: { etag },
  };
}

async function list(
  deps: ServerDeps,
  resource: ApiResource,
  { query, caller, ifNoneMatch }: Reading<z.infer<typeof ListQuery>>,
  namespace?: string,
): Promise<Answer> {
  const { cursors } = deps;
  const { terms, words, order, fields, limit } = parseListQuery(query);
  const identity = [resource.noun, namespace, query.labelSelector, query.fieldSelector, query.q, query.sort];
  const after = query.cursor === undefined ? undefined : cursors.read(identity, query.cursor);
  const tenant = await tenantFor(deps, resource, caller, 'list');
  const isReadable = tenant ? undefined : await readable(deps, resource, caller, namespace);
  const admits = (object: KubeObject): boolean => matches(object, terms) && mentions(object, words);
  // A tenant’s list is filtered and ordered by what they see: nothing else can be learnt from it.
  const entries = tenant
    ? createOrdering(allSeenBy(tenant, resource, deps.caches), order, admits).entries()
    : deps.caches.ordered(resource.noun, order, { key: JSON.stringify([terms, words]), admits });
  const { items, total, end } = pageOf(entries, order, { after, limit, admits: isReadable });
  const etag = listEtag(items, [total, query.fields, end?.key]);
  if (isNoneMatch(ifNoneMatch, etag)) return { status: 304, headers: { etag } };
  const select = fields && createSelection(fields);
  const shown = select ? items.map((item) => JSON.stringify(select(item))) : items.map(textOf);
  const next = end === undefined ? '' : `,"next":${JSON.stringify(cursors.write(identity, end))}`;
  return {
    status: 200,
    headers: { etag },
    text: `{"items":[${shown.join(',')}],"total":${total}${next}}`,
  };
}

/** The objects that the caller may list. Errors: Forbidden. */
export async function readableObjects(
  deps: ServerDeps,
  resource: ApiResource,
  caller: Caller,
): Promise<KubeObject[]> {
  const tenant = await tenantFor(deps, resource, caller, 'list');
  if (tenant) return allSeenBy(tenant, resource, deps.caches);
  const isReadable = await readable(deps, resource, caller, undefined);
  const objects = deps.caches.of(resource.noun).list();
  return isReadable === undefined ? objects : objects.filter(isReadable);
}

/** Of machines and what is in them, a tenant sees a part; undefined: other resources, and whoever may read all. */
async function tenantFor(
  deps: Pick<ServerDeps, 'access' | 'caches'>,
  { noun }: ApiResource,
  caller: Caller,
  verb: 'list' | 'get',
  name?: string,
): Promise<Tenant | undefined> {
  if (noun !== 'machines' && noun !== 'machine-inventories') return undefined;
  return tenantOf(deps, caller, verb, noun, name);
}

function allSeenBy(tenant: Tenant, resource: ApiResource, caches: Caches): KubeObject[] {
  const objects = caches.of(resource.noun).list();
  return objects.flatMap((object) => seenBy(tenant, resource.noun, object, caches) ?? []);
}

/** Which objects the caller may list, of one namespace or of all; undefined: every one. Errors: Forbidden. */
async function readable(
  { access, caches }: ServerDeps,
  resource: ApiResource,
  caller: Caller,
  namespace: string | undefined,
): Promise<((object: KubeObject) => boolean) | undefined> {
  if (namespace !== undefined) {
    await access.require(caller, attributesOf(resource, 'list', { namespace }));
    return ({ metadata }) => metadata.namespace === namespace;
  }
  const namespaces = () =>
    new Set(
      caches
        .of(resource.noun)
        .list()
        .flatMap(({ metadata }) => metadata.namespace ?? []),
    );
  const scope = await access.scope(caller, resource, 'list', namespaces);
  return scope === 'All' ? undefined : ({ metadata }) => scope.has(metadata.namespace ?? '');
}

/** Weak: a page with the same versions of the same objects. */
function listEtag(items: readonly KubeObject[], more: unknown): string {
  const hash = createHash('sha1').update(JSON.stringify(more));
  for (const item of items) {
    const { uid, resourceVersion } = item.metadata;
    hash.update(`${uid} ${resourceVersion}${isPublicPart(item) ? ' public' : ''}\n`);
  }
  return `W/"${hash.digest('base64url')}"`;
}
