import { type Chassis, chassisKind } from '../../api/chassis/schema.ts';
import { mergeConditions, readiness } from '../../api/conditions.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import {
  type AnyAction,
  isMachineAction,
  type MachineActionStatus,
  machineActionKind,
} from '../../api/machine-action/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import {
  type Controller,
  type ControllerMeter,
  type ReconcileResult,
  runController,
} from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Fence } from '../../kube/fence.ts';
import type { Change, Informer } from '../../kube/informer.ts';
import type { Logger } from '../../log/logger.ts';
import { type ActionTarget, decideAction } from './decide.ts';

const fieldManager = 'metalwright-machine-action';

/** What the controller is made from. */
export interface MachineActionControllerDeps {
  client: KubeClient;
  informers: { machines: Informer<Machine>; chassis: Informer<Chassis>; actions: Informer<AnyAction> };
  events: EventRecorder;
  clock: Clock;
  fence: Pick<Fence, 'assertHeld'>;
  log: Logger;
  meter?: ControllerMeter | undefined;
}

/**
 * Carries over what the machine controller did about each MachineAction, and removes those that ended a day ago. The
 * informers must be in sync before `start`.
 */
export function createMachineActionController(deps: MachineActionControllerDeps): Controller {
  const { informers, log } = deps;
  const controller = runController({
    name: 'machine-action',
    concurrency: 2,
    log,
    meter: deps.meter,
    reconcile: (name) => reconcileAction(name, deps),
  });
  const follow = ({ object: { status }, previous }: Change<Machine> | Change<Chassis>): void => {
    const [is, was] = [status?.action, previous?.status?.action];
    if (is !== undefined && is !== was) controller.enqueue(is.name);
    // It was ended by the other one.
    if (was !== undefined && was.uid !== is?.uid) controller.enqueue(was.name);
  };
  const unsubscribe = [
    informers.actions.onChange(({ object }) => controller.enqueue(object.metadata.name)),
    informers.machines.onChange(follow),
    informers.chassis.onChange(follow),
  ];
  return {
    ...controller,
    async stop() {
      for (const end of unsubscribe) end();
      await controller.stop();
    },
  };
}

/** One look at a MachineAction, and what follows from it. */
export async function reconcileAction(
  name: string,
  deps: MachineActionControllerDeps,
): Promise<ReconcileResult | undefined> {
  const action = deps.informers.actions.get(name);
  if (action === undefined || action.metadata.deletionTimestamp !== undefined) return undefined;
  const decision = decideAction(action, await targetOf(action, deps), deps.clock.now());
  switch (decision.kind) {
    case 'Wait':
      return decision.forMs === undefined ? undefined : { requeueAfterMs: decision.forMs };
    case 'Remove': {
      const { uid, resourceVersion } = action.metadata;
      deps.fence.assertHeld();
      await deps.client.delete(machineActionKind, name, { preconditions: { uid, resourceVersion } });
      return undefined;
    }
    case 'Write':
      await write(action, decision.status, deps);
      return undefined;
  }
}

/** Of what is not in the copy the API server itself is asked: it may have been made a moment before the action. */
async function targetOf(
  action: AnyAction,
  { informers, client }: MachineActionControllerDeps,
): Promise<ActionTarget | undefined> {
  if (isMachineAction(action)) {
    const { machine } = action.spec;
    return informers.machines.get(machine) ?? (await client.get(machineKind, machine));
  }
  const { chassis } = action.spec;
  return informers.chassis.get(chassis) ?? (await client.get(chassisKind, chassis));
}

async function write(
  action: AnyAction,
  status: MachineActionStatus,
  deps: MachineActionControllerDeps,
): Promise<void> {
  const { name, uid, resourceVersion, generation } = action.metadata;
  const { phase = 'Pending', message = '' } = status;
  const state =
    phase === 'Succeeded' ? 'Ready' : phase === 'Pending' || phase === 'Running' ? 'Reconciling' : 'Stalled';
  const conditions = mergeConditions(
    action.status?.conditions,
    readiness(state, phase, message),
    generation,
    deps.clock.now(),
  );
  deps.fence.assertHeld();
  await deps.client.applyStatus(
    machineActionKind,
    {
      metadata: { name, uid, resourceVersion },
      status: { ...status, observedGeneration: generation, conditions },
    },
    { fieldManager },
  );
  if (phase === 'Pending') return;
  const type = phase === 'Failed' || phase === 'Refused' ? 'Warning' : 'Normal';
  deps.events.event({ apiVersion, kind: machineActionKind.kind, name, uid }, type, phase, message);
}
