import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Allocation } from '../../../../src/api/allocation/schema.ts';
import { allQuery } from '../../api/queries.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { Badge } from '../../components/badge.tsx';
import { ButtonLink } from '../../components/button-link.tsx';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SearchBox } from '../../components/search-box.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { allocationState, waitsFor } from './phase.ts';

const columns: readonly Column<Allocation>[] = [
  {
    id: 'name',
    title: 'Name',
    cell: ({ metadata: { name, namespace = '' } }) => (
      <Link to="/allocations/$namespace/$name" params={{ namespace, name }}>
        {name}
      </Link>
    ),
  },
  { id: 'namespace', title: 'Namespace', cell: ({ metadata }) => metadata.namespace },
  {
    id: 'phase',
    title: 'Phase',
    cell: (allocation) => {
      const { words, tone } = allocationState(allocation);
      return (
        <span title={waitsFor(allocation)}>
          <Badge tone={tone}>{words}</Badge>
        </span>
      );
    },
  },
  {
    id: 'machine',
    title: 'Machine',
    cell: ({ status }) =>
      status?.machine === undefined ? (
        '–'
      ) : (
        <Link to="/machines/$name" params={{ name: status.machine }}>
          {status.machine}
        </Link>
      ),
  },
  {
    id: 'address',
    title: 'Address',
    cell: ({ status }) => (status?.addresses?.[0] === undefined ? '–' : <code>{status.addresses[0]}</code>),
  },
  { id: 'image', title: 'Image', cell: ({ spec }) => spec.image },
  { id: 'age', title: 'Created', cell: ({ metadata }) => <RelativeTime at={metadata.creationTimestamp} /> },
];

/** What is allocated, in the namespaces that the user may read. */
export function AllocationsPage() {
  const navigate = useNavigate();
  const { q = '' } = useSearch({ from: '/shell/allocations' });
  useWatch('allocations');
  const query = useQuery(allQuery('allocations'));
  const all = query.data ?? [];
  const shown = all
    .filter((allocation) => fits(allocation, q))
    .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''));
  return (
    <>
      <PageHeader
        title="Allocations"
        text={query.data === undefined ? undefined : countOf(shown.length, all.length)}
        actions={
          <ButtonLink to="/allocate" look="primary" icon="allocate">
            Allocate
          </ButtonLink>
        }
      />
      {all.length === 0 ? undefined : (
        <SearchBox
          label="Filter allocations"
          placeholder="Name, namespace, machine, image or phase"
          value={q}
          onChange={(text) =>
            void navigate({ to: '.', search: text === '' ? {} : { q: text }, replace: true })
          }
        />
      )}
      {query.error !== null ? (
        <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <Skeleton lines={6} />
      ) : (
        <Card flush>
          {shown.length > 0 ? (
            <Table
              label="Allocations"
              columns={columns}
              rows={shown}
              keyOf={({ metadata }) => `${metadata.namespace}/${metadata.name}`}
            />
          ) : all.length > 0 ? (
            <Empty icon="filter" title={`Nothing fits “${q}”`} />
          ) : (
            <Empty
              icon="allocations"
              title="Nothing is allocated"
              actions={
                <ButtonLink to="/allocate" look="primary">
                  Allocate a machine
                </ButtonLink>
              }
            >
              An Allocation is a machine that fits, installed with an image, for as long as you need it.
            </Empty>
          )}
        </Card>
      )}
    </>
  );
}

function countOf(shown: number, all: number): string {
  const noun = all === 1 ? 'allocation' : 'allocations';
  return shown === all ? `${all} ${noun}` : `${shown} of ${all} ${noun}`;
}

function fits({ metadata, spec, status }: Allocation, text: string): boolean {
  const words = [metadata.name, metadata.namespace, spec.image, status?.machine, status?.phase];
  const all = [...words, ...(status?.addresses ?? [])].join(' ').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
