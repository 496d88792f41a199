import type { Chassis, EnumerationResult, NodeOutcome } from '../../api/chassis/schema.ts';
import type { ConditionUpdate } from '../../api/conditions.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { names } from '../../api/meta.ts';
import { messageOf } from '../../errors/coded-error.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { ControllerDeps } from '../shared/small-controller.ts';
import { type OwnedStatus, ownedOf, stands } from './decide.ts';
import { type NodePlan, planNodes, vanishedFrom } from './plan.ts';
import type { NodesPresentReason } from './reasons.ts';

/** Of server-side apply, for the label, the BMC and the MAC addresses of Machines. */
const fieldManager = 'metalwright-chassis-nodes';

/** What there is to say when all Machines are made. */
export interface Imported {
  status: OwnedStatus;
  conditions: ConditionUpdate[];
}

/**
 * Makes the Machines of a list. Each write stands for itself: after a crash the Machines that are there already are found by their
 * MAC addresses, and given what they still lack.
 *
 * @throws KubeError that may pass
 */
export async function importNodes(
  chassis: Chassis,
  result: EnumerationResult,
  deps: Pick<ControllerDeps, 'client' | 'fence' | 'informers'>,
): Promise<Imported> {
  const { nodes = [], total = nodes.length } = result;
  const machines = deps.informers.machines.list();
  const plans = planNodes(chassis, nodes, machines);
  const outcomes: NodeOutcome[] = [];
  for (const plan of plans) outcomes.push(await carryOut(chassis, plan, deps));
  const isWhole = total === nodes.length;
  const vanished = isWhole ? vanishedFrom(chassis, nodes, machines) : (chassis.status?.vanished ?? []);
  const count = (...wanted: NodeOutcome['outcome'][]): number =>
    outcomes.filter(({ outcome }) => wanted.includes(outcome)).length;
  const counts = { nodes: total, machines: count('Managed', 'Known'), skipped: count('Skipped') };
  const message = messageFor(counts, count('Excluded'), nodes.length);
  const { action, request: _request, ...rest } = ownedOf(chassis);
  return {
    status: {
      ...rest,
      ...(action === undefined ? {} : { action: { ...action, outcome: 'Succeeded', message } }),
      ...{ counts, nodes: outcomes, vanished },
      observedGeneration: chassis.metadata.generation ?? 0,
    },
    conditions: [...stands('Ready', 'Enumerated', message), presence(vanished, isWhole)],
  };
}

async function carryOut(
  chassis: Chassis,
  { outcome, create, apply }: NodePlan,
  { client, fence }: Pick<ControllerDeps, 'client' | 'fence'>,
): Promise<NodeOutcome> {
  const skipped = (error: unknown): NodeOutcome => ({
    node: outcome.node,
    outcome: 'Skipped',
    message: messageOf(error).slice(0, 512),
  });
  let uid = apply?.uid;
  if (create !== undefined) {
    const { name, spec } = create;
    fence.assertHeld();
    try {
      const made = await client.create(machineKind, { metadata: { name }, spec }, { fieldManager });
      uid = made.metadata.uid;
    } catch (error) {
      if (!isKubeError(error, 'Invalid', 'BadRequest', 'Forbidden')) throw error;
      return skipped(error);
    }
  }
  if (apply === undefined) return outcome;
  const { name, macAddresses, bmc } = apply;
  const labels = { [names.chassis]: chassis.metadata.name };
  fence.assertHeld();
  try {
    await client.apply(
      machineKind,
      { metadata: { name, uid, labels }, spec: { macAddresses, bmc } },
      { fieldManager, force: false },
    );
    return outcome;
  } catch (error) {
    if (isKubeError(error, 'Conflict'))
      return { ...outcome, outcome: 'Known', message: 'somebody else has set its BMC: it is left as it is' };
    if (!isKubeError(error, 'Invalid', 'BadRequest', 'Forbidden')) throw error;
    return skipped(error);
  }
}

function messageFor(
  { nodes, machines, skipped }: NonNullable<OwnedStatus['counts']>,
  excluded: number,
  listed: number,
): string {
  const parts = [
    `${nodes} nodes: ${machines} have Machines`,
    ...(skipped === 0 ? [] : [`${skipped} skipped (status.nodes says why)`]),
    ...(excluded === 0 ? [] : [`${excluded} excluded`]),
    ...(listed === nodes ? [] : [`${nodes - listed} not looked at`]),
  ];
  return `${parts.join(', ')}.`;
}

function presence(vanished: readonly string[], isWhole: boolean): ConditionUpdate {
  const of = (status: ConditionUpdate['status'], reason: NodesPresentReason, message: string) => ({
    ...{ type: 'NodesPresent', status, reason, message },
  });
  if (!isWhole) return of('Unknown', 'ListIncomplete', 'The manager has more nodes than are taken.');
  if (vanished.length === 0) return of('True', 'AllNodesPresent', 'All nodes that have Machines are listed.');
  const some = vanished.slice(0, 20).join(', ');
  const more = vanished.length > 20 ? ` and ${vanished.length - 20} more` : '';
  return of('False', 'NodesVanished', `Not listed any more: ${some}${more}.`);
}
