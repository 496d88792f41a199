import { type Allocation, type AllocationStatus, allocationKind } from '../../api/allocation/schema.ts';
import { findCondition, isTrue } from '../../api/conditions.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion, names } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Fence } from '../../kube/fence.ts';
import { hasRecordedRelease, holds, isClaimable } from './observed.ts';
import { isNews, stateOf, statusWith } from './status.ts';

/** Of server-side apply: an Allocation's finalizer and status, and `status.allocation` of a Machine. */
export const allocationManager = 'metalwright-allocation';

/** What acting needs. */
export interface AllocationActDeps {
  client: KubeClient;
  events: EventRecorder;
  clock: Clock;
  /** Asked before every write. */
  fence: Pick<Fence, 'assertHeld'>;
}

/** Against the version that was decided upon. Answers the Allocation as it is then. */
export async function writeStatus(
  allocation: Allocation,
  status: AllocationStatus,
  deps: AllocationActDeps,
): Promise<Allocation> {
  if (!isNews(allocation, status)) return allocation;
  deps.fence.assertHeld();
  const { name, namespace, uid, resourceVersion } = allocation.metadata;
  const written = await deps.client.applyStatus(
    allocationKind,
    { metadata: { name, namespace, uid, resourceVersion }, status },
    { fieldManager: allocationManager },
  );
  tell(allocation, status, deps);
  return written;
}

/** Of the turns that a person waits for. */
function tell(before: Allocation, { phase, conditions }: AllocationStatus, deps: AllocationActDeps): void {
  const ready = findCondition(conditions, 'Ready');
  const known = findCondition(before.status?.conditions, 'Ready');
  if (ready === undefined || (phase === before.status?.phase && ready.reason === known?.reason)) return;
  if (phase === 'Bound') return;
  const { name, namespace, uid } = before.metadata;
  const type = isTrue(conditions, 'Stalled') ? 'Warning' : 'Normal';
  deps.events.event(
    { apiVersion, kind: allocationKind.kind, name, namespace, uid },
    type,
    ready.reason,
    ready.message,
  );
}

/** Puts the finalizer on, or takes it off. Answers the Allocation as it is then. */
export async function writeFinalizer(
  allocation: Allocation,
  wanted: boolean,
  deps: AllocationActDeps,
): Promise<void> {
  deps.fence.assertHeld();
  const { name, namespace, uid, resourceVersion } = allocation.metadata;
  const finalizers = wanted ? { finalizers: [names.releaseFinalizer] } : {};
  await deps.client.apply(
    allocationKind,
    { metadata: { name, namespace, uid, resourceVersion, ...finalizers } },
    { fieldManager: allocationManager },
  );
}

/** Step 2 of the binding: the choice, written into the Allocation before the machine hears of it. */
export function bind(allocation: Allocation, machine: Machine, deps: AllocationActDeps): Promise<Allocation> {
  const now = deps.clock.now();
  const part = {
    phase: 'Bound',
    machine: machine.metadata.name,
    machineUid: machine.metadata.uid,
    boundAt: `${new Date(now).toISOString().slice(0, 19)}Z`,
  } as const;
  const message = `Machine ${machine.metadata.name} is chosen, and is being claimed.`;
  const updates = stateOf('Reconciling', 'Bound', message);
  return writeStatus(allocation, statusWith(allocation, part, updates, now), deps);
}

/** Forgets the choice. */
export function unbind(allocation: Allocation, deps: AllocationActDeps): Promise<Allocation> {
  const now = deps.clock.now();
  const updates = stateOf(
    'Reconciling',
    'Pending',
    'The chosen machine went to another; it is looked again.',
  );
  return writeStatus(allocation, statusWith(allocation, { phase: 'Pending' }, updates, now), deps);
}

const attempts = 5;

/**
 * Step 3 and 4: writes the Allocation's name on the machine, against the machine's version. On a conflict it looks again.
 *
 * @returns false when a foreign owner was seen, or the machine cannot be had any more: choose anew
 * @throws KubeError Conflict when the machine changes faster than it can be claimed
 */
export async function claim(
  allocation: Allocation,
  seen: Machine,
  deps: AllocationActDeps,
): Promise<boolean> {
  let machine: Machine | undefined = seen;
  for (let attempt = 1; ; attempt++) {
    if (machine === undefined || machine.metadata.uid !== seen.metadata.uid) return false;
    if (holds(allocation, machine)) return true;
    if (!isClaimable(allocation, machine)) return false;
    try {
      await writeClaim(allocation, machine, deps);
      return true;
    } catch (error) {
      if (!isKubeError(error, 'Conflict', 'NotFound') || attempt === attempts) throw error;
      machine = await deps.client.get(machineKind, seen.metadata.name);
    }
  }
}

async function writeClaim(allocation: Allocation, machine: Machine, deps: AllocationActDeps): Promise<void> {
  deps.fence.assertHeld();
  const { name, namespace = '', uid = '' } = allocation.metadata;
  await deps.client.applyStatus(
    machineKind,
    { metadata: precondition(machine), status: { allocation: { namespace, name, uid } } },
    { fieldManager: allocationManager },
  );
  const regarding = { apiVersion, kind: allocationKind.kind, name, namespace, uid };
  deps.events.event(regarding, 'Normal', 'Bound', `Machine ${machine.metadata.name} is claimed.`);
}

function precondition({ metadata: { name, uid, resourceVersion } }: Machine) {
  return { name, uid, resourceVersion };
}

/**
 * Takes the name of an Allocation that goes off its machine, as the API server has both now.
 *
 * @returns false while the machine has not yet recorded the release
 */
export async function unclaim(
  uid: string | undefined,
  name: string,
  deps: AllocationActDeps,
): Promise<boolean> {
  const machine = await deps.client.get(machineKind, name);
  if (machine === undefined || machine.status?.allocation?.uid !== uid) return true;
  if (!hasRecordedRelease(uid, machine)) return false;
  deps.fence.assertHeld();
  await deps.client.applyStatus(
    machineKind,
    { metadata: precondition(machine), status: {} },
    { fieldManager: allocationManager },
  );
  return true;
}
