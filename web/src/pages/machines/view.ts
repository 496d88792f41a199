import type { ListParameters } from '../../api/resources.ts';
import { filterParameters } from './filter.ts';

export const groupings = { none: 'No groups', phase: 'Phase', pool: 'Pool', zone: 'Zone' } as const;
export type Grouping = keyof typeof groupings;

/** What of the list is shown, and how: all of it is in the address. */
export interface View {
  filter: string;
  group: Grouping;
  /** A field of the API, `-` before it for descending. */
  sort: string;
}

const groupFields: Readonly<Record<Exclude<Grouping, 'none'>, string>> = {
  phase: 'status.phase',
  pool: 'spec.pool',
  zone: 'spec.zone',
};

export const defaultSort = 'metadata.name';

/** What the list needs of a machine: the rest is for its own page. */
const fields = [
  'metadata.creationTimestamp',
  'metadata.labels',
  'spec.architecture',
  'spec.bmc.driver',
  'spec.pool',
  'spec.zone',
  'spec.tags',
  'spec.approved',
  'spec.locked',
  'spec.maintenance',
  'status.phase',
  'status.phaseSince',
  'status.failure.reason',
  'status.powerState',
  'status.allocation',
  'status.addresses',
  'status.locked',
  'status.hardware.vendor',
  'status.hardware.product',
  'status.hardware.serial',
  'status.hardware.cores',
  'status.hardware.memoryMiB',
  'status.hardware.disks',
  'status.timeline.awaited',
  'status.taskResult.percent',
  'status.conditions.type',
  'status.conditions.status',
  'status.conditions.reason',
].join(',');

export function readView(search: Readonly<Record<string, string>>): View {
  const group = Object.keys(groupings).find((each): each is Grouping => each === search.group) ?? 'none';
  const sort = search.sort ?? '';
  return {
    filter: search.filter ?? '',
    group,
    sort: /^-?[A-Za-z][\w.-]*$/.test(sort) ? sort : defaultSort,
  };
}

/** The view as parameters of the address; what is as always is left out. */
export function writeView({ filter, group, sort }: View): Record<string, string> {
  return {
    ...(filter === '' ? {} : { filter }),
    ...(group === 'none' ? {} : { group }),
    ...(sort === defaultSort ? {} : { sort }),
  };
}

/** The view as the API is asked for it. Groups are pieces of one sorted list. */
export function listParameters({ filter, group, sort }: View): ListParameters {
  const keys = [...(group === 'none' ? [] : [groupFields[group]]), sort, defaultSort];
  const order = keys.filter((key, at) => keys.findIndex((other) => plain(other) === plain(key)) === at);
  return { ...filterParameters(filter), sort: order.join(','), fields, limit: 100 };
}

function plain(key: string): string {
  return key.replace(/^-/, '');
}

/** The order after a click on a column: ascending, descending, and as always. */
export function nextSort(sort: string, field: string): string {
  if (sort === field) return `-${field}`;
  return sort === `-${field}` ? defaultSort : field;
}
