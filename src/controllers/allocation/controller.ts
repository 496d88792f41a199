import type { Allocation } from '../../api/allocation/schema.ts';
import { candidateOf } from '../../api/allocation/wanted.ts';
import type { AllocationQuota } from '../../api/allocation-quota/schema.ts';
import type { BootImage } from '../../api/boot-image/schema.ts';
import type { Machine } from '../../api/machine/schema.ts';
import type { Unmatched } from '../../domain/placement/types.ts';
import {
  type Controller,
  type ControllerMeter,
  type ReconcileResult,
  runController,
} from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Informer } from '../../kube/informer.ts';
import { keyOf, splitKey } from '../../kube/resource.ts';
import type { Logger } from '../../log/logger.ts';
import { type AllocationActDeps, bind, claim, unbind, unclaim, writeFinalizer, writeStatus } from './act.ts';
import { decideAllocation } from './decide.ts';
import { holds, isAnnotated } from './observed.ts';
import { quotasFrom, takeFromQuotas } from './quota.ts';
import type { AllocationReason } from './reasons.ts';
import { schedule } from './scheduler.ts';
import { stateOf, statusWith } from './status.ts';

/** What the allocation controller is made from. */
export interface AllocationControllerDeps extends AllocationActDeps {
  informers: {
    /** With an index `allocation`: `namespace/name` of the one that holds it. */
    machines: Informer<Machine>;
    /** With indexes `machine` and `image`. */
    allocations: Informer<Allocation>;
    images: Informer<BootImage>;
    /** With an index `namespace`. */
    quotas: Informer<AllocationQuota>;
  };
  log: Logger;
  meter?: ControllerMeter | undefined;
}

/** No key of an Allocation: those have a slash. */
const roundKey = 'round';
const recheckMs = 1_000;
/** Changes come in bursts; one round serves them all. */
const gatherMs = 100;

/**
 * Binds Allocations to machines, and shows on each how its machine does. One worker: that makes the order in which they are
 * served the order of their precedence. The informers must be in sync before `start`.
 */
export function createAllocationController(deps: AllocationControllerDeps): Controller {
  const { informers, log } = deps;
  const controller = runController({
    name: 'allocation',
    concurrency: 1,
    log,
    meter: deps.meter,
    reconcile: (key) => (key === roundKey ? runRound(deps) : reconcileAllocation(key, deps, scheduleRound)),
  });
  const scheduleRound = (): void => controller.enqueueAfter(roundKey, gatherMs);
  const unsubscribe = subscribe(informers, controller.enqueue, scheduleRound);
  return {
    ...controller,
    async stop() {
      for (const end of unsubscribe) end();
      await controller.stop();
    },
  };
}

/** One look at an Allocation, and what follows from it. @param key `namespace/name` */
export async function reconcileAllocation(
  key: string,
  deps: AllocationControllerDeps,
  scheduleRound: () => void,
): Promise<ReconcileResult | undefined> {
  const { informers } = deps;
  const { name, namespace } = splitKey(key);
  const allocation = informers.allocations.get(name, namespace);
  await dropOrphans(key, allocation, deps);
  if (allocation === undefined) return undefined;
  const machine = machineOf(allocation, informers.machines);
  const decision = decideAllocation(
    { allocation, machine, image: informers.images.get(allocation.spec.image) },
    deps.clock.now(),
  );
  switch (decision.kind) {
    case 'Guard':
      await writeFinalizer(allocation, true, deps);
      return undefined;
    case 'Schedule':
      scheduleRound();
      return undefined;
    case 'Write':
      await writeStatus(allocation, decision.status, deps);
      return undefined;
    case 'Claim':
      if (machine !== undefined && !(await claim(allocation, machine, deps))) await unbind(allocation, deps);
      return undefined;
    case 'ChooseAnew':
      return await chooseAnew(allocation, machine, deps);
    case 'LetGo':
      return await letGo(allocation, machine, deps);
  }
}

/** The cache may be behind: forgets the choice only when the API server itself says that it is lost. */
async function chooseAnew(
  allocation: Allocation,
  machine: Machine | undefined,
  deps: AllocationControllerDeps,
): Promise<ReconcileResult | undefined> {
  if (machine === undefined || machine.metadata.uid !== allocation.status?.machineUid) {
    await unbind(allocation, deps);
    return undefined;
  }
  const claimed = await claim(allocation, machine, deps);
  if (claimed) return { requeueAfterMs: recheckMs };
  await unbind(allocation, deps);
  return undefined;
}

async function letGo(
  allocation: Allocation,
  machine: Machine | undefined,
  deps: AllocationControllerDeps,
): Promise<ReconcileResult | undefined> {
  const { finalizers, uid } = allocation.metadata;
  const name = allocation.status?.machine ?? machine?.metadata.name;
  if (name !== undefined && !(await unclaim(uid, name, deps))) return { requeueAfterMs: recheckMs };
  if ((finalizers?.length ?? 0) > 0) await writeFinalizer(allocation, false, deps);
  return undefined;
}

/** Machines that carry the name of an Allocation that is gone, or that was made anew under its name. */
async function dropOrphans(
  key: string,
  allocation: Allocation | undefined,
  deps: AllocationControllerDeps,
): Promise<void> {
  for (const { metadata, status } of deps.informers.machines.byIndex('allocation', key)) {
    const uid = status?.allocation?.uid;
    const isOrphan = uid !== undefined && uid !== allocation?.metadata.uid;
    if (isOrphan && status?.release?.allocationUid === uid) await unclaim(uid, metadata.name, deps);
  }
}

function machineOf(allocation: Allocation, machines: Informer<Machine>): Machine | undefined {
  const name = allocation.status?.machine;
  if (name !== undefined) return machines.get(name);
  return machines.byIndex('allocation', keyOf(allocation)).find((machine) => holds(allocation, machine));
}

/** One round of the scheduler over all that waits. */
export async function runRound(deps: AllocationControllerDeps): Promise<ReconcileResult | undefined> {
  const { allocations, machines, images } = deps.informers;
  const waiting: Allocation[] = [];
  const chosen = new Map<string, string>();
  for (const allocation of allocations.list()) {
    const { metadata, status } = allocation;
    if (status?.machine !== undefined) chosen.set(status.machine, keyOf(allocation));
    else if (status?.phase === 'Pending' && metadata.deletionTimestamp === undefined)
      waiting.push(allocation);
  }
  let failed = false;
  const plan = schedule(
    waiting,
    machines.list(),
    (name) => images.get(name),
    chosen,
    quotasFrom(deps.informers),
  );
  for (const choice of plan) {
    try {
      if (!(await settle(choice, deps))) failed = true;
    } catch (error) {
      // One that cannot be written now must not hold up those behind it.
      if (isKubeError(error, 'NotLeader', 'Stopped')) throw error;
      const allocation = keyOf(choice.allocation);
      if (!isKubeError(error, 'Conflict', 'NotFound'))
        deps.log.warn({ err: error, allocation }, 'not scheduled');
      failed = true;
    }
  }
  return failed ? { requeueAfterMs: recheckMs } : undefined;
}

/** Answers whether it is done with; else it is planned anew soon. */
async function settle(
  choice: ReturnType<typeof schedule>[number],
  deps: AllocationControllerDeps,
): Promise<boolean> {
  const { allocation } = choice;
  if (choice.kind === 'Machine') {
    // What is found again after a status was lost has been counted before.
    const exceeded = isAnnotated(allocation, choice.machine)
      ? undefined
      : await takeFromQuotas(allocation, choice.machine, deps.clock.now(), deps);
    if (exceeded !== undefined) {
      await wait(
        allocation,
        'QuotaExceeded',
        `A machine would fit, but a quota is used up. ${exceeded}.`,
        [],
        deps,
      );
      return false;
    }
    const bound = await bind(allocation, choice.machine, deps);
    if (isAnnotated(bound, choice.machine)) return true;
    if (!(await claim(bound, choice.machine, deps))) await unbind(bound, deps);
    return true;
  }
  await wait(allocation, choice.reason, choice.message, choice.unmatched, deps);
  return true;
}

/** Says why an Allocation has no machine. */
async function wait(
  allocation: Allocation,
  reason: AllocationReason,
  message: string,
  unmatched: readonly Unmatched[],
  deps: AllocationControllerDeps,
): Promise<void> {
  const part = {
    phase: 'Pending',
    ...(unmatched.length === 0 ? {} : { unmatched: [...unmatched] }),
  } as const;
  // Machines and quotas come free by themselves; an image that is not there has to be put there by a person.
  const passes = reason === 'NoMachineFits' || reason === 'QuotaExceeded';
  const updates = stateOf(passes ? 'Reconciling' : 'Stalled', reason, message);
  await writeStatus(allocation, statusWith(allocation, part, updates, deps.clock.now()), deps);
}

function subscribe(
  informers: AllocationControllerDeps['informers'],
  enqueue: (key: string) => void,
  scheduleRound: () => void,
): (() => void)[] {
  const { machines, allocations, images, quotas } = informers;
  return [
    quotas.onChange(({ object, previous }) => {
      if (previous?.metadata.generation !== object.metadata.generation) scheduleRound();
    }),
    allocations.onChange(({ object, type }) => {
      enqueue(keyOf(object));
      if (type === 'Deleted') scheduleRound();
    }),
    machines.onChange(({ object, previous, type }) => {
      for (const machine of [object, previous]) {
        const held = machine?.status?.allocation;
        if (held !== undefined) enqueue(`${held.namespace}/${held.name}`);
      }
      for (const allocation of allocations.byIndex('machine', object.metadata.name))
        enqueue(keyOf(allocation));
      if (type !== 'Modified' || changesPlacement(object, previous)) scheduleRound();
    }),
    images.onChange(({ object }) => {
      for (const allocation of allocations.byIndex('image', object.metadata.name)) {
        if (allocation.status?.machine === undefined) enqueue(keyOf(allocation));
      }
    }),
  ];
}

/** Most of what changes on a machine does not matter to the scheduler. */
function changesPlacement(machine: Machine, previous: Machine | undefined): boolean {
  if (previous === undefined) return true;
  return JSON.stringify(candidateOf(machine, undefined)) !== JSON.stringify(candidateOf(previous, undefined));
}
