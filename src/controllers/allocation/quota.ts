import { type Allocation, allocationKind } from '../../api/allocation/schema.ts';
import { countedOf, hasMachine, usedOf } from '../../api/allocation/usage.ts';
import { type AllocationQuota, allocationQuotaKind } from '../../api/allocation-quota/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { applies, excess, type Quota } from '../../domain/quota/quota.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Fence } from '../../kube/fence.ts';
import type { Informer } from '../../kube/informer.ts';

/** Of server-side apply, for what was granted of a quota. */
export const grantManager = 'metalwright-allocation-grant';

/** A grant whose Allocation has not got its machine after so long came from a process that died in between. */
export const grantMs = 60_000;

const mostGrants = 256;

export interface QuotaInformers {
  machines: Informer<Machine>;
  allocations: Informer<Allocation>;
  /** With an index `namespace`. */
  quotas: Informer<AllocationQuota>;
}

export interface QuotaDeps {
  client: Pick<KubeClient, 'get' | 'list' | 'applyStatus'>;
  fence: Pick<Fence, 'assertHeld'>;
  informers: QuotaInformers;
}

/** The quotas of a namespace with what is used of them, as the caches have it: what the scheduler plans with. */
export function quotasFrom({
  machines,
  allocations,
  quotas,
}: QuotaInformers): (namespace: string) => Quota[] {
  const byNamespace = Map.groupBy(allocations.list(), ({ metadata }) => metadata.namespace ?? '');
  return (namespace) =>
    quotas
      .byIndex('namespace', namespace)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata, spec }) => ({
        name: metadata.name,
        pool: spec.pool,
        limits: spec.limits,
        used: usedOf(spec.pool, byNamespace.get(namespace) ?? [], machines),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Takes the machine out of every quota that applies, before the Allocation gets it. What is used is counted anew from the API server,
 * and the grant is written against the version of the quota that was read before: of two that want the last of it, also of two
 * operators that both believe to lead, or of one whose caches are behind, one is refused or meets a conflict.
 *
 * @returns what is exceeded, in words; undefined: granted
 * @throws KubeError Conflict when another has taken from the quota meanwhile
 */
export async function takeFromQuotas(
  allocation: Allocation,
  machine: Machine,
  now: number,
  deps: QuotaDeps,
): Promise<string | undefined> {
  const { namespace = '' } = allocation.metadata;
  const counted = countedOf(machine);
  const known = deps.informers.quotas
    .byIndex('namespace', namespace)
    .filter(({ spec }) => applies(spec, counted))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  // All are looked at before one is charged.
  const grants: { quota: AllocationQuota; standing: Grants }[] = [];
  for (const { metadata } of known) {
    const quota = await deps.client.get(allocationQuotaKind, metadata.name, namespace);
    if (quota === undefined || !applies(quota.spec, counted)) continue;
    const { items } = await deps.client.list(allocationKind, { namespace });
    const standing = standingGrants(quota, items, now).filter(({ uid }) => uid !== allocation.metadata.uid);
    const granted = standing.map((grant) => grant.machine);
    const others = items.filter(({ metadata: { uid } }) => uid !== allocation.metadata.uid);
    const used = usedOf(quota.spec.pool, others, deps.informers.machines, granted);
    const problem = excess({ name: quota.metadata.name, ...quota.spec, used }, counted);
    if (problem !== undefined) return `AllocationQuota ${quota.metadata.name}: ${problem}`;
    grants.push({ quota, standing });
  }
  for (const { quota, standing } of grants) {
    const { name, uid, resourceVersion } = quota.metadata;
    const own = {
      allocation: allocation.metadata.name,
      uid: allocation.metadata.uid ?? '',
      machine: machine.metadata.name,
      resourceVersion: allocation.metadata.resourceVersion,
      at: new Date(now).toISOString(),
    };
    deps.fence.assertHeld();
    await deps.client.applyStatus(
      allocationQuotaKind,
      {
        metadata: { name, namespace, uid, resourceVersion },
        status: { grants: [...standing, own].slice(-mostGrants) },
      },
      { fieldManager: grantManager },
    );
  }
  return undefined;
}

type Grants = NonNullable<NonNullable<AllocationQuota['status']>['grants']>;

/**
 * Grants that do not show in the Allocations yet: the one it was for is there, has no machine, and may still get it. The machine is
 * written against the version that was granted; when that has passed, whoever wanted to has lost.
 */
function standingGrants(quota: AllocationQuota, allocations: readonly Allocation[], now: number): Grants {
  return (quota.status?.grants ?? []).filter(({ uid, at, resourceVersion }) => {
    const allocation = allocations.find(({ metadata }) => metadata.uid === uid);
    if (allocation === undefined || hasMachine(allocation)) return false;
    const isPassed = resourceVersion !== undefined && resourceVersion !== allocation.metadata.resourceVersion;
    return !isPassed && now < Date.parse(at) + grantMs;
  });
}
