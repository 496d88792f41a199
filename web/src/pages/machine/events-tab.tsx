import { useQuery } from '@tanstack/react-query';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import { allQuery } from '../../api/queries.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Table } from '../../components/table.tsx';
import { happeningsOf } from './happenings.ts';

/** What people ordered and what came of it, with the steps of its last boot. */
export default function EventsTab({ machine }: { machine: Machine }) {
  const { data, error, refetch } = useQuery(
    allQuery('machine-actions', {
      fieldSelector: `spec.machine=${machine.metadata.name}`,
      sort: '-metadata.creationTimestamp',
    }),
  );
  if (error !== null) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton lines={5} label="Loading actions" />;
  const happenings = happeningsOf(machine, data);
  return (
    <Card title="What happened" flush>
      {happenings.length === 0 ? (
        <Empty icon="play" title="Nothing has happened yet">
          Actions stand here until a day after they ended, and the steps of its last boot.
        </Empty>
      ) : (
        <Table
          label="What happened"
          rows={happenings}
          keyOf={({ key }) => key}
          columns={[
            { id: 'at', title: 'When', cell: ({ at }) => <RelativeTime at={at} /> },
            { id: 'kind', title: 'Kind', cell: ({ kind }) => kind },
            { id: 'what', title: 'What', cell: ({ what }) => <strong>{what}</strong> },
            {
              id: 'outcome',
              title: 'Outcome',
              cell: ({ outcome, tone }) =>
                outcome === undefined ? '' : <Badge tone={tone}>{outcome}</Badge>,
            },
            { id: 'said', title: 'Said', cell: ({ said }) => said },
          ]}
        />
      )}
    </Card>
  );
}
