import type { AllocationReference } from '../../api/machine/status.ts';
import {
  type Controller,
  type ControllerMeter,
  type ReconcileResult,
  runController,
} from '../../kube/controller.ts';
import type { Logger } from '../../log/logger.ts';
import type { BmcSetupMeans } from '../bmc-setup/policy.ts';
import { type ActDeps, act } from './act.ts';
import { cloneConfiguration } from './clone.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { MachineInformers } from './informers.ts';
import { observe } from './observe.ts';
import type { Observed } from './observed.ts';
import { ensureSeed } from './seed-secret.ts';

/** What the machine controller is made from. */
export interface MachineControllerDeps extends ActDeps {
  informers: MachineInformers;
  /** How BMCs are set up; undefined: they are not. */
  bmcSetup?: (() => Promise<BmcSetupMeans>) | undefined;
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
  const decision = await decideWithOutcomes({ ...observed, bmcSetup: await deps.bmcSetup?.() }, deps);
  const from = observed.machine.status?.phase;
  const result = await act(decision, observed, deps);
  const { phase, step, failure } = decision.status;
  if (phase !== from)
    deps.log.info({ machine: name, from, phase, step, failure }, 'a machine changed its phase');
  return result;
}

/** Decides; where the decision needs the seed Secret or the copies of a configuration first, makes them and decides again. */
async function decideWithOutcomes(observed: Observed, deps: MachineControllerDeps): Promise<Decision> {
  const { clock, timings } = deps;
  const first = decide(observed, clock.now(), timings);
  for (const command of first.commands) {
    if (command.kind === 'EnsureSeed' && observed.allocation !== undefined) {
      deps.fence.assertHeld();
      const seed = await ensureSeed(observed.machine, observed.allocation, command.rackUrl, deps);
      return decide({ ...observed, seed }, clock.now(), timings);
    }
    if (command.kind === 'Clone') {
      const clone = await cloneConfiguration(observed.machine, command, deps);
      return clone === undefined ? first : decide({ ...observed, clone }, clock.now(), timings);
    }
  }
  return first;
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
    actions.onChange(({ object }) => enqueueMachine(object.spec.machine)),
    allocations.onChange(({ object: { metadata, status } }) => {
      enqueueMachine(status?.machine);
      enqueueHolder({ namespace: metadata.namespace ?? '', name: metadata.name });
    }),
    images.onChange(({ object }) => {
      for (const { status } of allocations.byIndex('image', object.metadata.name))
        enqueueMachine(status?.machine);
    }),
    addresses.onChange(({ object, previous }) => {
      for (const { machine, mac } of [object.spec, previous?.spec ?? object.spec]) {
        enqueueMachine(machine);
        for (const { metadata } of mac === undefined ? [] : machines.byIndex('mac', mac))
          enqueue(metadata.name);
      }
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
