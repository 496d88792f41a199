import { Badge, type Tone } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { CopyText } from '../../components/copy-text.tsx';
import { Empty } from '../../components/empty.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { Table } from '../../components/table.tsx';
import type { Leases } from './queries.ts';
import styles from './subnet.module.css';

const tones: Readonly<Record<string, Tone>> = { Bound: 'ok', Offered: 'busy', Declined: 'bad' };

/** Who leases addresses of the dynamic ranges, as the racks say it now. */
export function LeasesCard({ leases, error }: { leases: Leases | undefined; error: unknown }) {
  if (leases === undefined) {
    return (
      <Card title="Leases">
        {error === null ? <Skeleton lines={3} label="Asking the racks" /> : <ProblemNotice error={error} />}
      </Card>
    );
  }
  const away = leases.racks.filter(({ state }) => state !== 'Answered');
  return (
    <Card title={`Leases: ${leases.items.length}${leases.next === undefined ? '' : ' and more'}`} flush>
      {leases.complete ? undefined : (
        <p className={styles.note}>
          Leases may be missing:{' '}
          {away.map(({ name, detail, state }) => `${name} (${detail ?? state})`).join(', ')}.
        </p>
      )}
      {leases.items.length === 0 ? (
        <Empty icon="networks" title="There are no leases">
          Clients without an address of their own get them from the dynamic ranges.
        </Empty>
      ) : (
        <Table
          label="Leases"
          rows={leases.items}
          keyOf={({ address }) => address}
          columns={[
            { id: 'address', title: 'Address', cell: ({ address }) => <CopyText text={address} /> },
            { id: 'mac', title: 'MAC', cell: ({ mac }) => <code>{mac}</code> },
            { id: 'hostname', title: 'Host name', cell: ({ hostname }) => hostname ?? '–' },
            {
              id: 'state',
              title: 'State',
              cell: ({ state }) => <Badge tone={tones[state] ?? 'quiet'}>{state}</Badge>,
            },
            {
              id: 'end',
              title: 'Until',
              cell: ({ end }) => <time dateTime={end}>{new Date(end).toLocaleString()}</time>,
            },
            { id: 'rack', title: 'Rack', cell: ({ rack }) => rack },
          ]}
        />
      )}
    </Card>
  );
}
