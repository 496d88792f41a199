import { allocationKind } from '../../api/allocation/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { machineActionKind } from '../../api/machine-action/schema.ts';
import { apiVersion, names } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { ReconcileResult } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Fence } from '../../kube/fence.ts';
import { isWaiting } from './actions.ts';
import { isNews } from './decide.ts';
import type { Command, Decision, MetaWish, StepMeasure } from './decision.ts';
import type { Observed } from './observed.ts';
import { deleteSeed, type SeedDeps } from './seed-secret.ts';
import type { MachineTimings } from './timings.ts';

/** Field managers of server-side apply. */
export const machineManagers = { status: 'metalwright-machine', meta: 'metalwright-machine-meta' } as const;

/** What acting needs. */
export interface ActDeps extends SeedDeps {
  client: KubeClient;
  events: EventRecorder;
  clock: Clock;
  /** Asked before every write. */
  fence: Pick<Fence, 'assertHeld'>;
  timings: MachineTimings;
  /** Counts how long steps of boots took. */
  steps?: { stepped(measure: StepMeasure): void } | undefined;
}

/**
 * Carries a decision out: what must be so first, then metadata, then the one write of the status, then what may be lost.
 * The status is written against the version that was decided upon, so that of two who decide only one is heard.
 *
 * @throws KubeError; a Conflict means that the world has moved on
 */
export async function act(
  decision: Decision,
  observed: Observed,
  deps: ActDeps,
): Promise<ReconcileResult | undefined> {
  const { machine } = observed;
  for (const command of decision.commands) {
    deps.fence.assertHeld();
    if (!(await carryOut(command, machine, deps))) return { requeueAfterMs: deps.timings.recheck };
  }
  const current = await writeMeta(decision.meta, machine, deps);
  if (!decision.meta.finalizer) {
    tell(decision, machine, deps);
    return undefined;
  }
  if (isNews(observed, decision.status)) {
    deps.fence.assertHeld();
    const { name, uid, resourceVersion } = current.metadata;
    await deps.client.applyStatus(
      machineKind,
      { metadata: { name, uid, resourceVersion }, status: decision.status },
      { fieldManager: machineManagers.status },
    );
  }
  tell(decision, machine, deps);
  for (const measure of decision.told?.measures ?? []) deps.steps?.stepped(measure);
  const { requeueAfterMs } = decision;
  return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
}

function tell({ told, events }: Decision, { metadata }: Machine, deps: ActDeps): void {
  const { name, uid } = metadata;
  for (const { type, reason, message, at } of [...(told?.events ?? []), ...events])
    deps.events.event({ apiVersion, kind: machineKind.kind, name, uid }, type, reason, message, at);
}

/** Answers whether the rest may follow. */
async function carryOut(command: Command, machine: Machine, deps: ActDeps): Promise<boolean> {
  switch (command.kind) {
    case 'EnsureSeed':
    case 'Clone':
      return false;
    case 'DeleteSeed':
      await deleteSeed(machine, command.allocationUid, deps);
      return true;
    case 'ConfirmReleased': {
      const { name, namespace, uid } = command.allocation;
      const found = await deps.client.get(allocationKind, name, namespace);
      return found?.metadata.uid !== uid || found.metadata.deletionTimestamp !== undefined;
    }
    case 'ConfirmAction': {
      const found = await deps.client.get(machineActionKind, command.name);
      return found?.metadata.uid === command.uid && isWaiting(found);
    }
  }
}

/** Finalizer and annotation. Answers the machine as it is then. */
async function writeMeta(wish: MetaWish, machine: Machine, deps: ActDeps): Promise<Machine> {
  const { metadata } = machine;
  const hasFinalizer = metadata.finalizers?.includes(names.machineFinalizer) === true;
  const same =
    hasFinalizer === wish.finalizer && metadata.annotations?.[names.allocation] === wish.allocation;
  // A finalizer cannot be added to what is being deleted.
  if (same || (wish.finalizer && !hasFinalizer && metadata.deletionTimestamp !== undefined)) return machine;
  deps.fence.assertHeld();
  const { name, uid, resourceVersion } = metadata;
  return await deps.client.apply(
    machineKind,
    {
      metadata: {
        name,
        uid,
        resourceVersion,
        ...(wish.finalizer ? { finalizers: [names.machineFinalizer] } : {}),
        ...(wish.allocation === undefined ? {} : { annotations: { [names.allocation]: wish.allocation } }),
      },
    },
    { fieldManager: machineManagers.meta },
  );
}
