import { type Chassis, chassisKind } from '../../api/chassis/schema.ts';
import { type ConditionUpdate, findCondition, mergeConditions } from '../../api/conditions.ts';
import { isChassisAction, machineActionKind } from '../../api/machine-action/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Controller } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import { type ControllerDeps, fencedController } from '../shared/small-controller.ts';
import { decideChassis, nextOrder, type OwnedStatus, ownedOf } from './decide.ts';
import { importNodes } from './import.ts';

/** Of server-side apply, for the operator's part of a status. */
const fieldManager = 'metalwright-chassis';

/** After another has written in between, in milliseconds. */
const lookAgainMs = 500;

/** Takes orders to enumerate, has racks do it, and makes Machines of the nodes that they list. */
export function createChassisController(deps: ControllerDeps): Controller {
  const { chassis, actions } = deps.informers;
  return fencedController(
    deps,
    'chassis',
    (name) => reconcileChassis(name, deps),
    (controller) => [
      chassis.onChange(({ object }) => controller.enqueue(object.metadata.name)),
      actions.onChange(({ object }) => {
        if (isChassisAction(object)) controller.enqueue(object.spec.chassis);
      }),
    ],
    2,
  );
}

/** One look at a chassis, and what follows from it. */
export async function reconcileChassis(
  name: string,
  deps: ControllerDeps,
): Promise<{ requeueAfterMs?: number } | undefined> {
  const { client, informers, clock } = deps;
  const chassis = informers.chassis.get(name);
  if (chassis === undefined || chassis.metadata.deletionTimestamp !== undefined) return undefined;
  const orders = informers.actions.byIndex('chassis', name).filter(isChassisAction);
  const decision = decideChassis(chassis, nextOrder(chassis, orders), clock.now());
  if (decision.kind === 'Rest') return undefined;
  if (decision.kind === 'Take') {
    const { name: order, uid } = decision.action.metadata;
    const found = await client.get(machineActionKind, order);
    const phase = found?.status?.phase ?? 'Pending';
    if (found?.metadata.uid !== uid || phase !== 'Pending') return { requeueAfterMs: lookAgainMs };
  }
  const { status, conditions } =
    decision.kind === 'Import' ? await importNodes(chassis, decision.result, deps) : decision;
  try {
    await write(chassis, status, conditions, deps);
  } catch (error) {
    // A rack has written meanwhile: that is looked at when it has come.
    if (!isKubeError(error, 'Conflict')) throw error;
    return { requeueAfterMs: lookAgainMs };
  }
  return decision.kind === 'Write' && decision.forMs !== undefined
    ? { requeueAfterMs: decision.forMs }
    : undefined;
}

async function write(
  chassis: Chassis,
  status: OwnedStatus,
  updates: ConditionUpdate[],
  deps: ControllerDeps,
): Promise<void> {
  const { name, uid, resourceVersion, generation } = chassis.metadata;
  const before = chassis.status?.conditions;
  const kept = updates.some(({ type }) => type === 'NodesPresent')
    ? []
    : (before ?? []).filter(({ type }) => type === 'NodesPresent');
  const conditions = [...mergeConditions(before, updates, generation, deps.clock.now()), ...kept];
  const [is, was] = [
    { ...status, conditions },
    { ...ownedOf(chassis), conditions: before },
  ].map((part) => JSON.stringify(part, (_, value: unknown) => sorted(value)));
  if (is === was) return;
  deps.fence.assertHeld();
  await deps.client.applyStatus(
    chassisKind,
    { metadata: { name, uid, resourceVersion }, status: { ...status, conditions } },
    { fieldManager },
  );
  const about = { apiVersion, kind: chassisKind.kind, name, uid };
  for (const { type, status: state, reason, message } of updates) {
    const isNews = findCondition(before, type)?.reason !== reason;
    const ordered = chassis.status?.action?.outcome === 'Running' && status.action?.outcome !== 'Running';
    if (type === 'Ready' && ordered)
      deps.events.event(about, state === 'True' ? 'Normal' : 'Warning', reason, message);
    if (type === 'NodesPresent' && state === 'False' && isNews)
      deps.events.event(about, 'Warning', reason, message);
  }
}

/** Members of objects in one order, so that equal ones are equal texts. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
