import { findCondition, mergeConditions } from '../../api/conditions.ts';
import type { Condition } from '../../api/fields.ts';
import { healthConditions } from '../../api/machine/health.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Controller } from '../../kube/controller.ts';
import { type ControllerDeps, fencedController } from '../shared/small-controller.ts';
import { applyStatusIfChanged } from '../shared/status.ts';
import { decideHealth } from './decide.ts';

/** Of server-side apply: the conditions that follow from what racks read of BMCs. */
export const machineHealthManager = 'metalwright-machine-health';

/** Machines whose firmware should be the same. Undefined: nothing is known of what it is. */
export function kindOfMachine({ spec, status }: Machine): string | undefined {
  const { vendor, product } = status?.hardware ?? {};
  return vendor === undefined || product === undefined ? undefined : `${spec.pool}/${vendor}/${product}`;
}

/** What of a machine has others looked at anew. */
function firmwareKey(machine: Machine | undefined): string {
  return machine === undefined
    ? ''
    : JSON.stringify([kindOfMachine(machine), machine.status?.health?.firmware]);
}

/** Says of every machine whose BMC reports whether its hardware is healthy, and its firmware that of its like. */
export function createMachineHealthController(deps: ControllerDeps): Controller {
  const { machines } = deps.informers;
  return fencedController(
    deps,
    'machine-health',
    async (name) => {
      const machine = machines.get(name);
      if (machine === undefined) return undefined;
      const known = ownConditions(machine);
      if (machine.status?.health === undefined && known.length === 0) return undefined;
      await reconcileHealth(machine, known, peersOf(machine, machines.list()), deps);
      return undefined;
    },
    (controller) => [
      machines.onChange(({ object, previous }) => {
        controller.enqueue(object.metadata.name);
        if (firmwareKey(object) === firmwareKey(previous)) return;
        const kinds = new Set([kindOfMachine(object), previous && kindOfMachine(previous)]);
        for (const other of machines.list()) {
          const kind = kindOfMachine(other);
          if (kind !== undefined && kinds.has(kind)) controller.enqueue(other.metadata.name);
        }
      }),
    ],
    1,
  );
}

function peersOf(machine: Machine, all: readonly Machine[]): Machine[] {
  const kind = kindOfMachine(machine);
  if (kind === undefined) return [];
  return all.filter(
    (other) => other.metadata.name !== machine.metadata.name && kindOfMachine(other) === kind,
  );
}

async function reconcileHealth(
  machine: Machine,
  before: readonly Condition[],
  peers: readonly Machine[],
  deps: ControllerDeps,
): Promise<void> {
  const updates = decideHealth(machine, peers);
  const { name, uid, generation } = machine.metadata;
  const conditions = mergeConditions(before, updates, generation, deps.clock.now());
  deps.fence.assertHeld();
  const written = await applyStatusIfChanged(
    deps.client,
    machineKind,
    { current: { conditions: before }, object: { metadata: { name, uid }, status: { conditions } } },
    machineHealthManager,
  );
  if (!written) return;
  for (const { type, status, reason, message } of updates) {
    const isNews = status === 'False' && findCondition(before, type)?.status !== 'False';
    const about = { apiVersion, kind: machineKind.kind, name, uid };
    if (isNews) deps.events.event(about, 'Warning', reason, message);
  }
}

function ownConditions({ status }: Machine): Condition[] {
  return status?.conditions?.filter(({ type }) => healthConditions.some((own) => own === type)) ?? [];
}
