import { isTrue, mergeConditions, readiness } from '../../api/conditions.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { poolKind } from '../../api/pool/schema.ts';
import { defaultGroup, type GroupStatus, type Zone, zoneKind } from '../../api/zone/schema.ts';
import type { Controller } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Informer } from '../../kube/informer.ts';
import type { Resource } from '../../kube/resource.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';

/** Counting takes a look at every machine of the group; many change at a time. */
const gatherMs = 500;

/** Counts the machines of Zones, and makes the Zone `default` where there is none. */
export function createZoneController(deps: ControllerDeps): Controller {
  return groupController(deps, { name: 'zone', resource: zoneKind, informer: deps.informers.zones });
}

/** Counts the machines of Pools, and makes the Pool `default` where there is none. */
export function createPoolController(deps: ControllerDeps): Controller {
  return groupController(deps, { name: 'pool', resource: poolKind, informer: deps.informers.pools });
}

interface Group {
  /** Of the controller, of the index of machines, and of the field of their spec. */
  name: 'zone' | 'pool';
  resource: Resource<Zone>;
  informer: Informer<Zone>;
}

function groupController(deps: ControllerDeps, { name: kind, resource, informer }: Group): Controller {
  const { machines } = deps.informers;
  const fieldManager = `metalwright-${kind}`;

  async function reconcile(name: string): Promise<undefined> {
    const group = informer.get(name);
    if (group === undefined) {
      if (name === defaultGroup) await createDefault();
      return undefined;
    }
    const { generation } = group.metadata;
    const status = statusOf(group, machines.byIndex(kind, name), generation, deps.clock.now());
    await applyStatusIfChanged(
      deps.client,
      resource,
      { current: group.status, object: { metadata: { name }, status } },
      fieldManager,
    );
    return undefined;
  }

  async function createDefault(): Promise<void> {
    const description = `Every machine whose spec.${kind} says nothing else.`;
    deps.fence.assertHeld();
    try {
      await deps.client.create(
        resource,
        { metadata: { name: defaultGroup }, spec: { description } },
        { fieldManager },
      );
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
    }
  }

  return fencedController(deps, kind, reconcile, (controller) => {
    controller.enqueue(defaultGroup);
    return [
      watchInto(controller, informer),
      machines.onChange(({ object, previous, type }) => {
        if (type === 'Modified' && previous !== undefined && !countsOtherwise(object, previous, kind)) return;
        for (const machine of [object, previous])
          if (machine !== undefined) controller.enqueueAfter(machine.spec[kind], gatherMs);
      }),
    ];
  });
}

function countsOtherwise(machine: Machine, previous: Machine, kind: Group['name']): boolean {
  return (
    machine.spec[kind] !== previous.spec[kind] ||
    machine.status?.phase !== previous.status?.phase ||
    isTrue(machine.status?.conditions, 'Available') !== isTrue(previous.status?.conditions, 'Available')
  );
}

function statusOf(
  group: Zone,
  members: readonly Machine[],
  generation: number | undefined,
  now: number,
): GroupStatus {
  const counts = new Map<string, number>();
  for (const { status } of members) {
    const phase = status?.phase ?? 'Unknown';
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  const message = members.length === 0 ? 'has no machine yet' : `machines: ${members.length}`;
  return {
    observedGeneration: generation,
    machines: members.length,
    available: members.filter(({ status }) => isTrue(status?.conditions, 'Available')).length,
    phases: [...counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([phase, machines]) => ({ phase, machines })),
    conditions: mergeConditions(
      group.status?.conditions,
      readiness('Ready', 'Accepted', message),
      generation,
      now,
    ),
  };
}
