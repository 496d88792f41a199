import { Link } from '@tanstack/react-router';
import {
  columnVisibilityFeature,
  createColumnHelper,
  rowSelectionFeature,
  tableFeatures,
} from '@tanstack/react-table';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import { RelativeTime } from '../../components/relative-time.tsx';
import { diskSize, memorySize } from '../../format/size.ts';
import { NameCell, PhaseCell, PowerCell } from './cells.tsx';

export const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });
const helper = createColumnHelper<typeof features, Machine>();

/** What a column is beside its cells. */
export interface ColumnLook {
  title: string;
  /** Of the columns of a grid. */
  width: string;
  /** The field of the API that sorts by it. */
  sort?: string;
  figures?: boolean;
  /** Not shown unless chosen. */
  hidden?: boolean;
}

/** The columns in their order, by id. */
export const looks = {
  name: { title: 'Machine', width: 'minmax(8rem, 1.2fr)', sort: 'metadata.name' },
  phase: { title: 'Phase', width: 'minmax(12rem, 2.4fr)', sort: 'status.phase' },
  power: { title: 'Power', width: '5rem', sort: 'status.powerState' },
  pool: { title: 'Pool', width: 'minmax(4.5rem, 0.8fr)', sort: 'spec.pool' },
  zone: { title: 'Zone', width: 'minmax(4.5rem, 0.8fr)', sort: 'spec.zone' },
  allocation: { title: 'Allocation', width: 'minmax(6rem, 1.1fr)', sort: 'status.allocation.name' },
  address: { title: 'Address', width: 'minmax(6.5rem, 1fr)', sort: 'status.addresses.address' },
  cores: { title: 'Cores', width: '3.75rem', sort: 'status.hardware.cores', figures: true },
  memory: { title: 'Memory', width: '5rem', sort: 'status.hardware.memoryMiB', figures: true },
  disks: { title: 'Disks', width: 'minmax(6rem, 1fr)', hidden: true },
  model: { title: 'Model', width: 'minmax(7rem, 1.2fr)', sort: 'status.hardware.product', hidden: true },
  serial: { title: 'Serial', width: 'minmax(6rem, 1fr)', sort: 'status.hardware.serial', hidden: true },
  architecture: { title: 'Arch', width: '4.5rem', sort: 'spec.architecture', hidden: true },
  tags: { title: 'Tags', width: 'minmax(6rem, 1fr)', hidden: true },
  since: { title: 'In phase', width: '6rem', sort: 'status.phaseSince', hidden: true },
  age: { title: 'Known', width: '6rem', sort: 'metadata.creationTimestamp', hidden: true },
} as const satisfies Readonly<Record<string, ColumnLook>>;

export type ColumnId = keyof typeof looks;
export const columnIds = Object.keys(looks).filter((id): id is ColumnId => id in looks);

export function lookOf(id: string): ColumnLook {
  const found: ColumnLook | undefined = Object.entries(looks).find(([each]) => each === id)?.[1];
  return found ?? { title: id, width: '1fr' };
}

const cells: Readonly<Record<ColumnId, (machine: Machine) => React.ReactNode>> = {
  name: (machine) => <NameCell machine={machine} />,
  phase: (machine) => <PhaseCell machine={machine} />,
  power: ({ status }) => <PowerCell state={status?.powerState} />,
  pool: ({ spec }) => spec.pool,
  zone: ({ spec }) => spec.zone,
  allocation: ({ status }) => {
    const held = status?.allocation;
    if (held === undefined) return undefined;
    const search = { filter: `${held.name}` };
    return (
      <Link to="/allocations" search={search} tabIndex={-1} title={`${held.namespace}/${held.name}`}>
        {held.name}
      </Link>
    );
  },
  address: ({ status }) => <code>{status?.addresses?.[0]?.address}</code>,
  cores: ({ status }) => status?.hardware?.cores,
  memory: ({ status }) => status?.hardware && memorySize(status.hardware.memoryMiB),
  disks: ({ status }) =>
    status?.hardware?.disks.map(({ sizeBytes, kind }) => `${diskSize(sizeBytes)} ${kind}`).join(', '),
  model: ({ status }) => [status?.hardware?.vendor, status?.hardware?.product].filter(Boolean).join(' '),
  serial: ({ status }) => status?.hardware?.serial,
  architecture: ({ spec }) => spec.architecture,
  tags: ({ spec }) => spec.tags.join(', '),
  since: ({ status }) => <RelativeTime at={status?.phaseSince} />,
  age: ({ metadata }) => <RelativeTime at={metadata.creationTimestamp} />,
};

export const columns = helper.columns(
  columnIds.map((id) =>
    helper.display({ id, header: () => lookOf(id).title, cell: ({ row }) => cells[id](row.original) }),
  ),
);

/** The columns that are shown until a person chooses others. */
export const defaultColumns: readonly string[] = columnIds.filter((id) => lookOf(id).hidden !== true);
