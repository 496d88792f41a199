import { usedOf } from '../../api/allocation/usage.ts';
import { type AllocationQuota, allocationQuotaKind } from '../../api/allocation-quota/schema.ts';
import { type ConditionUpdate, mergeConditions, readiness } from '../../api/conditions.ts';
import { type Amount, measures } from '../../domain/quota/quota.ts';
import type { Controller } from '../../kube/controller.ts';
import { keyOf, splitKey } from '../../kube/resource.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';

const manager = 'metalwright-quota';

/** Shows what is used of quotas. Who gives machines out counts for himself. */
export function createAllocationQuotaController(deps: ControllerDeps): Controller {
  const { quotas, allocations, machines } = deps.informers;

  async function reconcile(key: string): Promise<undefined> {
    const { name, namespace = '' } = splitKey(key);
    const quota = quotas.get(name, namespace);
    if (quota === undefined) return undefined;
    const own = allocations.list().filter(({ metadata }) => metadata.namespace === namespace);
    const used = usedOf(quota.spec.pool, own, machines);
    const { generation } = quota.metadata;
    const { grants: _grants, ...current } = quota.status ?? {};
    const conditions = mergeConditions(
      quota.status?.conditions,
      stateOf(quota, used),
      generation,
      deps.clock.now(),
    );
    await applyStatusIfChanged(
      deps.client,
      allocationQuotaKind,
      {
        current,
        object: {
          metadata: { name, namespace },
          status: { observedGeneration: generation, used, conditions },
        },
      },
      manager,
    );
    return undefined;
  }

  return fencedController(deps, 'allocation-quota', reconcile, (controller) => {
    const inNamespace = (namespace: string): string[] => quotas.byIndex('namespace', namespace).map(keyOf);
    return [
      watchInto(controller, quotas),
      allocations.onChange(({ object, previous, type }) => {
        if (
          type === 'Modified' &&
          object.status?.machine === previous?.status?.machine &&
          object.status?.phase === previous?.status?.phase
        )
          return;
        for (const key of inNamespace(object.metadata.namespace ?? '')) controller.enqueue(key);
      }),
    ];
  });
}

function stateOf({ spec }: AllocationQuota, used: Amount): ConditionUpdate[] {
  const over = measures.flatMap((measure) => {
    const limit = spec.limits[measure];
    return limit !== undefined && used[measure] > limit
      ? [`${measure}: ${used[measure]} used of ${limit}`]
      : [];
  });
  if (over.length === 0) return readiness('Ready', 'Accepted', 'What is held is within the limits.');
  return readiness(
    'Ready',
    'OverLimit',
    `More is held than the limits allow, which were lowered since: ${over.join(', ')}. Nothing is taken away; nothing more is given.`,
  );
}
