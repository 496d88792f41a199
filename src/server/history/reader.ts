import { group } from '../../api/meta.ts';
import type { Caller } from '../../kube/endpoint/caller-review.ts';
import type { Database } from '../../store/database.ts';
import { isStoreError } from '../../store/errors.ts';
import type { ReadScope } from '../../store/reads/where.ts';
import type { HistoryStore } from '../../store/store.ts';
import type { Access, Scope } from '../access.ts';
import type { Caches } from '../caches.ts';
import { ServerError, serverError } from '../errors.ts';
import { attributesOf, resourceOf } from '../resources.ts';
import { createTenant, ownScope, type Tenant, tenantOf } from '../tenancy.ts';
import { textOf } from './rows/object.ts';

type Deps = { access: Pick<Access, 'may' | 'scope' | 'require'>; caches: Pick<Caches, 'of'> };

/** What of a machine's history somebody may see. */
export interface Window {
  /** RFC 3339; undefined: all of it. */
  since: string | undefined;
}

/** Asks the database. Errors: HistoryUnavailable. */
export async function ask<R>(
  store: Pick<HistoryStore, 'read'> | undefined,
  read: (database: Database) => Promise<R>,
): Promise<R> {
  if (store === undefined) {
    throw serverError(
      'HistoryUnavailable',
      'this server keeps no history: see METALWRIGHT_HISTORY and METALWRIGHT_DATABASE_URL',
    );
  }
  try {
    return await store.read(read);
  } catch (error) {
    if (!isStoreError(error, 'Unavailable', 'Timeout')) throw error;
    const detail =
      error.code === 'Timeout'
        ? 'the database took too long: ask for less'
        : 'the database cannot be asked now; what happens meanwhile is kept';
    throw serverError('HistoryUnavailable', detail, { cause: error, retryAfterSeconds: 5 });
  }
}

/**
 * What of a machine's history the caller may see: all, when they may read the machine; as its tenant, what happened since their
 * Allocation has it. Errors: Forbidden, Unavailable.
 */
export async function windowOf({ access, caches }: Deps, caller: Caller, machine: string): Promise<Window> {
  const tenant = await tenantOf({ access, caches }, caller, 'get', 'machines', machine);
  return tenant === undefined ? { since: undefined } : windowOfTenant({ caches }, caller, machine, tenant);
}

/** As `windowOf`, of what a machine said: all, for whom may get `machines/console`. Errors: Forbidden, Unavailable. */
export async function consoleWindowOf(deps: Deps, caller: Caller, machine: string): Promise<Window> {
  const right = { verb: 'get', group, resource: 'machines', subresource: 'console', name: machine };
  if (await deps.access.may(caller, right)) return { since: undefined };
  return windowOfTenant(deps, caller, machine, createTenant(await ownScope(deps, caller)));
}

function windowOfTenant(
  { caches }: Pick<Deps, 'caches'>,
  { user }: Caller,
  machine: string,
  tenant: Tenant,
): Window {
  const held = caches.of('machines').get(machine);
  const [namespace, name] = [
    textOf(held, 'status', 'allocation', 'namespace'),
    textOf(held, 'status', 'allocation', 'name'),
  ];
  const allocation = name === undefined ? undefined : caches.of('allocations').get(name, namespace);
  const since = textOf(allocation, 'status', 'boundAt');
  if (held === undefined || !tenant.holds(held) || since === undefined) {
    throw serverError(
      'Forbidden',
      `no Allocation that ${user.username} may read holds the machine ${machine}`,
    );
  }
  return { since };
}

/** The later of two moments. */
export function later(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Date.parse(one) >= Date.parse(other) ? one : other;
}

/** Namespaces whose Allocations the caller may read, there or gone: as far as they are known. Errors: Forbidden, Unavailable. */
export async function allocationScope(
  { access, caches }: Deps,
  caller: Caller,
  wanted?: string,
): Promise<Scope> {
  const namespaces = () =>
    new Set([
      ...(wanted === undefined ? [] : [wanted]),
      ...['allocations', 'allocation-quotas'].flatMap((noun) =>
        caches
          .of(noun)
          .list()
          .flatMap(({ metadata }) => metadata.namespace ?? []),
      ),
    ]);
  const scope = await access.scope(caller, resourceOf('allocations'), 'list', namespaces);
  if (scope !== 'All' && scope.size === 0)
    await access.require(caller, attributesOf(resourceOf('allocations'), 'list'));
  return scope;
}

/** Of which objects the caller may read events. Errors: Forbidden, when of none; Unavailable. */
export async function eventScope(deps: Deps, caller: Caller, wanted?: string): Promise<ReadScope> {
  const cluster = await deps.access.may(caller, attributesOf(resourceOf('machines'), 'list'));
  try {
    return { cluster, namespaces: await allocationScope(deps, caller, wanted) };
  } catch (error) {
    if (cluster && error instanceof ServerError && error.code === 'Forbidden')
      return { cluster, namespaces: new Set() };
    throw error;
  }
}

/** The audit is for whom a role lets list `auditrecords`, of the cluster or of one namespace. Errors: Forbidden, Unavailable. */
export function requireAudit({ access }: Deps, caller: Caller, namespace: string | undefined): Promise<void> {
  return access.require(caller, {
    ...{ verb: 'list', group, resource: 'auditrecords' },
    ...(namespace === undefined ? {} : { namespace }),
  });
}
