import type { KubeObject } from '../../../kube/resource.ts';
import { rowId } from '../../../store/row-id.ts';
import type { AddressRow } from '../../../store/tables/addresses.ts';
import type { AllocationRow } from '../../../store/tables/allocations.ts';
import type { HistoryRow } from '../../../store/tables.ts';
import { textOf, uidOf, versionOf } from './object.ts';

/** The row of an Allocation. @param end when it was gone; undefined: it is there */
export function rowOfAllocation(allocation: KubeObject, end?: string): AllocationRow | undefined {
  const { name, namespace, creationTimestamp, deletionTimestamp } = allocation.metadata;
  if (namespace === undefined || creationTimestamp === undefined) return undefined;
  return {
    at: creationTimestamp,
    id: rowId('allocation', uidOf(allocation)),
    namespace,
    name,
    image: textOf(allocation, 'spec', 'image'),
    machine: textOf(allocation, 'status', 'machine'),
    bound_at: textOf(allocation, 'status', 'boundAt'),
    deployed_at: textOf(allocation, 'status', 'deployedAt'),
    released_at: deletionTimestamp ?? end,
    phase: textOf(allocation, 'status', 'phase'),
    ended_at: end,
    version: versionOf(allocation),
  };
}

const ownerPaths = [
  ['spec', 'purpose'],
  ['spec', 'machine'],
  ['spec', 'mac'],
] as const;

function ownerOf(address: KubeObject): string {
  return JSON.stringify(ownerPaths.map((path) => textOf(address, ...path) ?? ''));
}

/** The row of an IPAddress with its present owner. */
function addressRow(address: KubeObject, since: string, until?: string): AddressRow | undefined {
  const { creationTimestamp } = address.metadata;
  const text = textOf(address, 'spec', 'address');
  if (creationTimestamp === undefined || text === undefined) return undefined;
  return {
    at: creationTimestamp,
    id: rowId('address', uidOf(address), ownerOf(address)),
    address: text,
    subnet: textOf(address, 'spec', 'subnet') ?? '',
    purpose: textOf(address, 'spec', 'purpose') ?? '',
    mac: textOf(address, 'spec', 'mac'),
    machine: textOf(address, 'spec', 'machine'),
    hostname: textOf(address, 'spec', 'hostname'),
    since,
    until,
  };
}

/** Rows of an IPAddress that is there: of its owner, and of the one before when that has changed. @param now RFC 3339 */
export function rowsOfAddress(
  address: KubeObject,
  previous: KubeObject | undefined,
  now: string,
): HistoryRow[] {
  const created = address.metadata.creationTimestamp ?? now;
  const rows: (AddressRow | undefined)[] = [];
  if (previous !== undefined && ownerOf(previous) !== ownerOf(address)) {
    rows.push(addressRow(previous, since(previous, now), now), addressRow(address, now));
  } else {
    // Of one whose spec was written again nobody knows since when it has its owner; a row that is there knows better.
    rows.push(addressRow(address, (address.metadata.generation ?? 1) <= 1 ? created : since(address, now)));
  }
  return rows.flatMap((row) => (row === undefined ? [] : [{ table: 'addresses', row } as const]));
}

function since({ metadata }: KubeObject, now: string): string {
  return (metadata.generation ?? 1) <= 1 ? (metadata.creationTimestamp ?? now) : now;
}

/** The row of an IPAddress that is gone. */
export function endOfAddress(address: KubeObject, now: string): HistoryRow[] {
  const row = addressRow(address, since(address, now), now);
  return row === undefined ? [] : [{ table: 'addresses', row }];
}
