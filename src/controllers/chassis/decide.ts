import type { Chassis, ChassisStatus, EnumerationResult } from '../../api/chassis/schema.ts';
import { type ConditionUpdate, findCondition, readiness } from '../../api/conditions.ts';
import type { ChassisAction } from '../../api/machine-action/schema.ts';
import type { ChassisReason } from './reasons.ts';

/** How long an enumeration may take from order to list, in milliseconds. */
export const enumerationMs = 10 * 60_000;

/** What the operator writes of a chassis, without conditions. */
export type OwnedStatus = Pick<
  ChassisStatus,
  'request' | 'action' | 'counts' | 'nodes' | 'vanished' | 'observedGeneration'
>;

/** What to do about a chassis. */
export type ChassisDecision =
  /** Nothing new is to be said. */
  | { kind: 'Rest' }
  /** Says how it stands. */
  | { kind: 'Write'; status: OwnedStatus; conditions: ConditionUpdate[]; forMs?: number }
  /** An order is taken up: its intent is written before a rack does anything. */
  | { kind: 'Take'; action: ChassisAction; status: OwnedStatus; conditions: ConditionUpdate[] }
  /** The list is there: Machines are made of it. */
  | { kind: 'Import'; result: EnumerationResult };

/** The operator's own part of a status, as it stands. */
export function ownedOf({ status }: Chassis): OwnedStatus {
  const { request, action, counts, nodes, vanished, observedGeneration } = status ?? {};
  return {
    ...(request === undefined ? {} : { request }),
    ...(action === undefined ? {} : { action }),
    ...(counts === undefined ? {} : { counts }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(vanished === undefined ? {} : { vanished }),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

/**
 * The next order: the oldest that waits, and none before the end of the last one is written into its own object, as until then
 * `status.action` is the only memory of it.
 */
export function nextOrder(chassis: Chassis, actions: readonly ChassisAction[]): ChassisAction | undefined {
  const last = chassis.status?.action;
  const phaseOf = ({ status }: ChassisAction) => status?.phase ?? 'Pending';
  const lastObject = actions.find(({ metadata }) => metadata.uid === last?.uid);
  if (lastObject !== undefined && ['Pending', 'Running'].includes(phaseOf(lastObject))) return undefined;
  const age = ({ metadata }: ChassisAction) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return actions
    .filter((action) => phaseOf(action) === 'Pending' && action.metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => (age(a) < age(b) ? -1 : 1))[0];
}

/** How a chassis stands, and what follows. Pure. @param now milliseconds since the epoch */
export function decideChassis(
  chassis: Chassis,
  next: ChassisAction | undefined,
  now: number,
): ChassisDecision {
  const { action, request } = chassis.status ?? {};
  const { generation = 0 } = chassis.metadata;
  const owned = { ...ownedOf(chassis), observedGeneration: generation };
  if (action?.outcome === 'Running' && request !== undefined) return followed(chassis, request, owned, now);
  if (next !== undefined) return taken(next, owned, now);
  if (chassis.status?.observedGeneration === generation && findCondition(chassis.status.conditions, 'Ready'))
    return { kind: 'Rest' };
  const conditions =
    action === undefined
      ? stands('Stalled', 'NotEnumerated', 'Order Enumerate to have Machines made of its nodes.')
      : stands(
          'Stalled',
          'ChangedSince',
          'The spec has changed since the nodes were listed: order Enumerate.',
        );
  return { kind: 'Write', status: owned, conditions };
}

/** An enumeration under way. */
function followed(
  { metadata, status }: Chassis,
  { id, requestedAt }: NonNullable<ChassisStatus['request']>,
  owned: OwnedStatus,
  now: number,
): ChassisDecision {
  const result = status?.result?.id === id ? status.result : undefined;
  if (result?.outcome === 'Failed')
    return ended(owned, 'EnumerationFailed', `${result.reason ?? 'Failed'}: ${result.message ?? ''}`);
  if (result?.outcome === 'Succeeded') {
    if (result.generation === metadata.generation) return { kind: 'Import', result };
    return ended(owned, 'ChassisChanged', 'The spec was changed while the nodes were listed.');
  }
  const left = Date.parse(requestedAt) + enumerationMs - now;
  if (!(left > 0)) return ended(owned, 'EnumerationTimeout', 'No rack listed the nodes in ten minutes.');
  const conditions =
    result === undefined
      ? stands('Reconciling', 'AwaitingRack', 'A rack is to ask the manager.')
      : stands('Reconciling', 'Enumerating', `Rack ${result.rack} asks the manager.`);
  return { kind: 'Write', status: owned, conditions, forMs: left };
}

function taken(action: ChassisAction, owned: OwnedStatus, now: number): ChassisDecision {
  const { name, uid = '' } = action.metadata;
  const status: OwnedStatus = {
    ...owned,
    request: { id: uid, requestedAt: `${new Date(now).toISOString().slice(0, 19)}Z` },
    action: { name, uid, outcome: 'Running', message: 'The nodes are being listed.' },
  };
  const conditions = stands('Reconciling', 'AwaitingRack', 'A rack is to ask the manager.');
  return { kind: 'Take', action, status, conditions };
}

/** `Ready`, `Reconciling` and `Stalled`, for a reason of the table. */
export function stands(
  state: 'Ready' | 'Reconciling' | 'Stalled',
  reason: ChassisReason,
  message: string,
): ConditionUpdate[] {
  return readiness(state, reason, message);
}

function ended(owned: OwnedStatus, reason: ChassisReason, message: string): ChassisDecision {
  const { action, request: _request, ...rest } = owned;
  const said = message.slice(0, 1024);
  return {
    kind: 'Write',
    status: {
      ...rest,
      ...(action === undefined ? {} : { action: { ...action, outcome: 'Failed', message: said } }),
    },
    conditions: stands('Stalled', reason, said),
  };
}
