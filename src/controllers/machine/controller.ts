import type { AllocationReference } from '../../api/machine/schema.ts';
import {
  type Controller,
  type ControllerMeter,
  type ReconcileResult,
  runController,
} from '../../kube/controller.ts';
import type { Logger } from '../../log/logger.ts';
import { type ActDeps, act } from './act.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { MachineInformers } from './informers.ts';
import { observe } from './observe.ts';
import type { Observed } from './observed.ts';
import { ensureSeed } from './seed-secret.ts';

/** What the machine controller is made from. */
export interface MachineControllerDeps extends ActDeps {
  informers: MachineInformers;
  log: Logger;
  meter?: ControllerMeter | undefined;
}

/**
 * Drives every machine through its life. Started and stopped by who leads; the informers must be in sync before `start`.
 */
export function createMachineController(deps: MachineControllerDeps): Controller {
  const { informers, log } = deps;
  const controller = runController({
    name: 'machine',
    concurrency: 4,
    log,
    meter: deps.meter,
    reconcile: (name) => reconcileMachine(name, deps),
  });
  const unsubscribe = subscribe(informers, controller.enqueue);
  return {
    ...controller,
    async stop() {
      for (const end of unsubscribe) end();
      await controller.stop();
    },
  };
}

/** One look at a machine, and what follows from it. */
export async function reconcileMachine(
  name: string,
  deps: MachineControllerDeps,
): Promise<ReconcileResult | undefined> {
  const observed = observe(name, deps.informers);
  if (observed === undefined) return undefined;
  const decision = await decideWithSeed(observed, deps);
  const from = observed.machine.status?.phase;
  const result = await act(decision, observed, deps);
  const { phase, step, failure } = decision.status;
  if (phase !== from)
    deps.log.info({ machine: name, from, phase, step, failure }, 'a machine changed its phase');
  return result;
}

/** Decides; where the decision needs the seed Secret first, makes it and decides again. */
async function decideWithSeed(observed: Observed, deps: MachineControllerDeps): Promise<Decision> {
  const { clock, timings } = deps;
  const first = decide(observed, clock.now(), timings);
  const wish = first.commands.find((command) => command.kind === 'EnsureSeed');
  if (wish === undefined || observed.allocation === undefined) return first;
  deps.fence.assertHeld();
  const seed = await ensureSeed(observed.machine, observed.allocation, wish.rackUrl, deps);
  return decide({ ...observed, seed }, clock.now(), timings);
}

function subscribe(informers: MachineInformers, enqueue: (name: string) => void): (() => void)[] {
  const { machines, inventories, allocations, images, addresses, actions } = informers;
  const enqueueHolder = ({ namespace, name }: Omit<AllocationReference, 'uid'>): void => {
    for (const { metadata } of machines.byIndex('allocation', `${namespace}/${name}`)) enqueue(metadata.name);
  };
  const enqueueMachine = (name: string | undefined): void => {
    if (name !== undefined) enqueue(name);
  };
  return [
    machines.onChange(({ object }) => enqueue(object.metadata.name)),
    inventories.onChange(({ object }) => enqueue(object.metadata.name)),
    actions.onChange(({ object }) => enqueue(object.spec.machine)),
    allocations.onChange(({ object: { metadata, status } }) => {
      enqueueMachine(status?.machine);
      enqueueHolder({ namespace: metadata.namespace ?? '', name: metadata.name });
    }),
    images.onChange(({ object }) => {
      for (const { status } of allocations.byIndex('image', object.metadata.name))
        enqueueMachine(status?.machine);
    }),
    addresses.onChange(({ object, previous }) => {
      enqueueMachine(object.spec.machine);
      enqueueMachine(previous?.spec.machine);
    }),
    informers.racks.onChange(({ object, previous }) => {
      // Heartbeats are no news; a first address is.
      if (previous?.status?.httpUrl === object.status?.httpUrl) return;
      for (const { metadata, status } of machines.list()) {
        if (status?.phase === 'Deploying') enqueue(metadata.name);
      }
    }),
  ];
}
