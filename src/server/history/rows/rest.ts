import { MachineActionStatus } from '../../../api/machine-action/schema.ts';
import { TestRecord } from '../../../api/machine-inventory/schema.ts';
import { group } from '../../../api/meta.ts';
import type { Event } from '../../../kube/core-resources.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { rowId } from '../../../store/row-id.ts';
import type { HistoryRow } from '../../../store/tables.ts';
import { memberOf, textOf, uidOf } from './object.ts';

/** A MachineAction that has ended. */
export function rowsOfAction(action: KubeObject): HistoryRow[] {
  const parsed = MachineActionStatus.safeParse(memberOf(action, 'status'));
  const { phase = 'Pending', finishedAt, startedAt, message = '' } = parsed.data ?? {};
  const isOver = phase === 'Succeeded' || phase === 'Failed' || phase === 'Refused';
  const at = finishedAt ?? action.metadata.creationTimestamp;
  if (!isOver || at === undefined) return [];
  return [
    {
      table: 'events',
      row: {
        at,
        id: rowId('action', uidOf(action)),
        class: 'Action',
        subject_kind: 'MachineAction',
        name: action.metadata.name,
        machine: textOf(action, 'spec', 'machine'),
        type: phase === 'Succeeded' ? 'Normal' : 'Warning',
        reason: textOf(action, 'spec', 'action') ?? '',
        message: message === '' ? phase : message,
        details: {
          outcome: phase,
          ...{
            chassis: textOf(action, 'spec', 'chassis'),
            why: textOf(action, 'spec', 'message'),
            startedAt,
          },
        },
      },
    },
  ];
}

/** What commissioning found, and the outcomes of hardware tests. */
export function rowsOfInventory(inventory: KubeObject): HistoryRow[] {
  const { name } = inventory.metadata;
  const uid = uidOf(inventory);
  const rows: HistoryRow[] = [];
  const collectedAt = textOf(inventory, 'collectedAt');
  if (collectedAt !== undefined) {
    const system = ['vendor', 'product', 'serial'].flatMap(
      (part) => textOf(inventory, 'hardware', 'system', part) ?? [],
    );
    rows.push({
      table: 'results',
      row: {
        at: collectedAt,
        id: rowId('inventory', uid, collectedAt),
        machine: name,
        kind: 'Inventory',
        name: 'Inventory',
        outcome: 'Succeeded',
        finished_at: collectedAt,
        message: system.join(' '),
        output: JSON.stringify(memberOf(inventory, 'hardware'), undefined, 1),
      },
    });
  }
  const tests = TestRecord.array().safeParse(memberOf(inventory, 'tests') ?? []);
  for (const test of tests.data ?? []) {
    const ended = Date.parse(test.finishedAt);
    rows.push({
      table: 'results',
      row: {
        at: test.finishedAt,
        id: rowId('test', uid, test.name, test.finishedAt),
        machine: name,
        kind: 'Test',
        name: test.name,
        outcome: test.outcome,
        started_at: Number.isNaN(ended) ? undefined : new Date(ended - test.seconds * 1000).toISOString(),
        finished_at: test.finishedAt,
        message: test.message,
        details: { seconds: test.seconds },
      },
    });
  }
  return rows;
}

/** A Kubernetes Event about one of our objects. @param machineOf the machine that an action or address belongs to */
export function rowsOfEvent(
  event: Event,
  machineOf: (kind: string, name: string) => string | undefined,
): HistoryRow[] {
  const { regarding, reason, type, note, series } = event;
  const { kind, name } = regarding ?? {};
  const at = event.eventTime ?? event.metadata.creationTimestamp;
  const isOurs = regarding?.apiVersion?.split('/')[0] === group;
  if (!isOurs || kind === undefined || name === undefined || at === undefined) return [];
  return [
    {
      table: 'events',
      row: {
        at,
        id: rowId('event', uidOf(event)),
        class: 'Event',
        subject_kind: kind,
        namespace: regarding?.namespace,
        name,
        machine: kind === 'Machine' || kind === 'MachineInventory' ? name : machineOf(kind, name),
        type: type === 'Warning' ? 'Warning' : 'Normal',
        reason: reason ?? '',
        message: note ?? '',
        source: event.reportingController,
        count: series?.count ?? 1,
        last_at: series?.lastObservedTime,
      },
    },
  ];
}
