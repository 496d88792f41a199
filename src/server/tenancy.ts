import type { Caller } from '../kube/endpoint/caller-review.ts';
import { isRecord, stringMember } from '../kube/json.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { Access, Scope } from './access.ts';
import type { Caches } from './caches.ts';
import { ServerError, serverError } from './errors.ts';
import { attributesOf, resourceOf } from './resources.ts';

/**
 * Somebody who may not read Machines, but Allocations of some namespaces: they see of every machine what it takes to choose one, and
 * all of those that their Allocations hold.
 */
export interface Tenant {
  /** Whether one of their Allocations holds the machine. */
  holds(machine: KubeObject): boolean;
  /** The machine as they see it: the object itself, or its public part. */
  sees(machine: KubeObject): KubeObject;
}

type Deps = { access: Pick<Access, 'may' | 'scope'>; caches: Pick<Caches, 'of'> };

/** What says in an answer that an object is not whole. */
export const viewAnnotation = 'metalwright.dev/view';

/**
 * As whom a caller sees machines: undefined, when they may read all of them or, with a name, this one; else as a tenant.
 * Errors: Forbidden, when they may read Allocations nowhere; Unavailable.
 */
export async function tenantOf(
  { access, caches }: Deps,
  caller: Caller,
  verb: 'list' | 'watch' | 'get',
  noun: 'machines' | 'machine-inventories',
  name?: string,
): Promise<Tenant | undefined> {
  const wanted = attributesOf(resourceOf(noun), verb, { name });
  if (await access.may(caller, wanted)) return undefined;
  const scope = await ownScope({ access, caches }, caller);
  if (scope !== 'All' && scope.size === 0) {
    throw serverError(
      'Forbidden',
      `${caller.user.username} may not ${verb} ${wanted.resource}.${wanted.group}, and list no Allocations: a role of RBAC is needed`,
    );
  }
  return createTenant(scope);
}

/** The whole machine, for what only its reader or its tenant may see. Errors: Forbidden, NotFound, Unavailable. */
export async function machineForOwner(
  deps: Deps,
  caller: Caller,
  name: string,
  noun: 'machines' | 'machine-inventories' = 'machines',
): Promise<KubeObject | undefined> {
  const tenant = await tenantOf(deps, caller, 'get', noun, name);
  const machine = deps.caches.of('machines').get(name);
  if (tenant === undefined || (machine !== undefined && tenant.holds(machine))) return machine;
  throw serverError(
    'Forbidden',
    `no Allocation that ${caller.user.username} may read holds the machine ${name}`,
  );
}

/** Of which namespaces the caller may list Allocations: those are known by what is in them, Allocations or a quota for them. Errors: Unavailable. */
export async function ownScope({ access, caches }: Deps, caller: Caller): Promise<Scope> {
  const namespaces = () =>
    new Set(
      ['allocations', 'allocation-quotas'].flatMap((noun) =>
        caches
          .of(noun)
          .list()
          .flatMap(({ metadata }) => metadata.namespace ?? []),
      ),
    );
  try {
    return await access.scope(caller, resourceOf('allocations'), 'list', namespaces);
  } catch (error) {
    if (error instanceof ServerError && error.code === 'Forbidden') return new Set();
    throw error;
  }
}

/** @param scope namespaces whose Allocations they may read */
export function createTenant(scope: Scope): Tenant {
  function holds(machine: KubeObject): boolean {
    const namespace = stringMember(memberOf(machine, 'status', 'allocation'), 'namespace');
    return namespace !== undefined && (scope === 'All' || scope.has(namespace));
  }
  return { holds, sees: (machine) => (holds(machine) ? machine : publicPartOf(machine)) };
}

/** An object of a noun as a tenant sees it. Undefined: nothing of it; an inventory is for whom the machine of its name is held by. */
export function seenBy(
  tenant: Tenant,
  noun: string,
  object: KubeObject,
  caches: Pick<Caches, 'of'>,
): KubeObject | undefined {
  if (noun === 'machines') return tenant.sees(object);
  const machine = caches.of('machines').get(object.metadata.name);
  return machine !== undefined && tenant.holds(machine) ? object : undefined;
}

const publicSpec = ['architecture', 'zone', 'pool', 'tags'];
const publicStatus = ['phase', 'phaseSince'];
const privateHardware = new Set(['serial', 'systemUuid']);
const publicParts = new WeakMap<KubeObject, KubeObject>();
const isPublic = new WeakSet<KubeObject>();

/** What anybody may know of a machine who may have one: no address, no serial number, no word of who holds it. */
export function publicPartOf(machine: KubeObject): KubeObject {
  const known = publicParts.get(machine);
  if (known !== undefined) return known;
  const { apiVersion, kind, metadata } = machine;
  const { name, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } = metadata;
  const hardware = memberOf(machine, 'status', 'hardware');
  const part = {
    apiVersion,
    kind,
    metadata: {
      ...defined({ name, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp }),
      name,
      annotations: { [viewAnnotation]: 'public' },
    },
    spec: membersOf(memberOf(machine, 'spec'), publicSpec),
    status: {
      ...membersOf(memberOf(machine, 'status'), publicStatus),
      ...(isRecord(hardware)
        ? {
            hardware: Object.fromEntries(
              Object.entries(hardware).filter(([key]) => !privateHardware.has(key)),
            ),
          }
        : {}),
    },
  };
  publicParts.set(machine, part);
  isPublic.add(part);
  return part;
}

/** Whether `publicPartOf` made it. */
export function isPublicPart(object: KubeObject): boolean {
  return isPublic.has(object);
}

function memberOf(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
}

function membersOf(value: unknown, names: readonly string[]): Record<string, unknown> {
  return defined(Object.fromEntries(names.map((name) => [name, memberOf(value, name)])));
}

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
