import { isDeepStrictEqual } from 'node:util';
import type { Machine } from '../../api/machine/schema.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import { systemUuid } from '../../domain/hardware/system-uuid.ts';
import type { Controller, ReconcileResult } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController, watchInto } from '../shared/small-controller.ts';
import type { TagEvaluator } from '../tag/evaluator.ts';
import { chargePolicy } from './charge.ts';
import { decidePolicies, ownedPolicies, type PolicyDecision } from './decide.ts';
import { twinsOf } from './identity.ts';
import type { Seen } from './observed.ts';
import { defaultVanishedMs } from './reachability.ts';

/** Of server-side apply: what of a Machine's status follows from policies. */
export const machinePolicyManager = 'metalwright-machine-policy';

export interface MachinePolicyDeps extends ControllerDeps {
  tagEvaluator: TagEvaluator;
  /** How long a BMC may be silent. Default: a quarter of an hour. */
  vanishedMs?: number | undefined;
}

/**
 * Says of every machine how it stands with policies: approval, identity, hardware, reachability, zone, pool, tags; in one write. One
 * worker: approvals are given one after the other.
 */
export function createMachinePolicyController(deps: MachinePolicyDeps): Controller {
  const { informers } = deps;
  const { machines, inventories, zones, pools, tags, approvalPolicies } = informers;
  return fencedController(
    deps,
    'machine-policy',
    (name) => reconcileMachinePolicies(name, deps),
    (controller) => {
      const all = (): string[] => machines.list().map(({ metadata }) => metadata.name);
      const waiting = (): string[] =>
        machines
          .list()
          .filter(({ spec, status }) => !spec.approved && status?.approval === undefined)
          .map(({ metadata }) => metadata.name);
      return [
        watchInto(controller, machines, (machine) => [machine.metadata.name, ...kinOf(machine, deps)]),
        watchInto(controller, inventories),
        watchInto(controller, zones, ({ metadata }) => namesIn(deps, 'zone', metadata.name)),
        watchInto(controller, pools, ({ metadata }) => namesIn(deps, 'pool', metadata.name)),
        tags.onChange(({ object, previous }) => {
          if (previous === undefined || !isDeepStrictEqual(object.spec, previous.spec))
            for (const name of all()) controller.enqueue(name);
        }),
        approvalPolicies.onChange(({ object, previous }) => {
          if (previous === undefined || !isDeepStrictEqual(object.spec, previous.spec))
            for (const name of waiting()) controller.enqueue(name);
        }),
      ];
    },
    1,
  );
}

/** Machines that have, or had, part of the same identity. */
function kinOf({ spec, status }: Machine, { informers: { machines } }: ControllerDeps): string[] {
  const uuid = systemUuid(status?.hardware?.systemUuid);
  const kin = [
    ...spec.macAddresses.flatMap((mac) => machines.byIndex('mac', mac)),
    ...(uuid === undefined ? [] : machines.byIndex('uuid', uuid)),
  ];
  return kin.map(({ metadata }) => metadata.name);
}

function namesIn({ informers }: ControllerDeps, index: string, key: string): string[] {
  return informers.machines.byIndex(index, key).map(({ metadata }) => metadata.name);
}

/** One look at a machine, and what follows from it. */
export async function reconcileMachinePolicies(
  name: string,
  deps: MachinePolicyDeps,
): Promise<{ requeueAfterMs?: number } | undefined> {
  const machine = deps.informers.machines.get(name);
  if (machine === undefined) {
    deps.tagEvaluator.forgetMachine(name);
    return undefined;
  }
  const now = deps.clock.now();
  const vanishedMs = deps.vanishedMs ?? defaultVanishedMs;
  const seen = observe(machine, deps);
  let decision = decidePolicies(seen, now, vanishedMs);
  if (decision.approveBy !== undefined) {
    const granted = await chargePolicy(decision.approveBy, machine, now, deps);
    // The cache is behind: the policy's own change has this machine looked at again.
    if (granted === undefined) return { requeueAfterMs: 1_000 };
    decision = decidePolicies({ ...seen, granted }, now, vanishedMs);
  }
  await write(machine, decision, deps);
  return decision.until === undefined ? undefined : { requeueAfterMs: Math.max(0, decision.until - now) + 1 };
}

function observe(machine: Machine, deps: MachinePolicyDeps): Seen {
  const { machines, inventories, zones, pools, tags, approvalPolicies } = deps.informers;
  const inventory = inventories.get(machine.metadata.name);
  const objects = tags.list();
  return {
    machine,
    inventory,
    twins: twinsOf(machine, machines),
    zone: zones.get(machine.spec.zone),
    pool: pools.get(machine.spec.pool),
    tags: objects,
    evaluated: inventory === undefined ? [] : deps.tagEvaluator.evaluate(machine, inventory, objects),
    policies: approvalPolicies.list(),
  };
}

/** Against the version that was decided upon: what another has changed since is looked at first. */
async function write(
  machine: Machine,
  { status, events }: PolicyDecision,
  deps: MachinePolicyDeps,
): Promise<ReconcileResult | undefined> {
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  if (isDeepStrictEqual(plain(ownedPolicies(machine.status)), plain(status))) return undefined;
  const { name, uid, resourceVersion } = machine.metadata;
  deps.fence.assertHeld();
  await deps.client.applyStatus(
    machineKind,
    { metadata: { name, uid, resourceVersion }, status },
    { fieldManager: machinePolicyManager },
  );
  for (const { type, reason, message } of events)
    deps.events.event({ apiVersion, kind: machineKind.kind, name, uid }, type, reason, message);
  return undefined;
}
