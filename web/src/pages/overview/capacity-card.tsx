import { Link } from '@tanstack/react-router';
import type { Capacity } from '../../api/overview.ts';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { Meter } from '../../components/meter.tsx';
import { Table } from '../../components/table.tsx';
import { memorySize } from '../../format/size.ts';
import styles from './overview.module.css';
import { capacityParts } from './words.ts';

/** What each pool has, and what of it could be had now. */
export function CapacityCard({ pools }: { pools: readonly Capacity[] }) {
  return (
    <div className={styles.wide}>
      <Card title="Capacity by pool" flush>
        {pools.length === 0 ? (
          <Empty icon="machines" title="There are no machines yet" />
        ) : (
          <Table
            label="Capacity by pool"
            rows={pools}
            keyOf={({ name }) => name}
            columns={[
              {
                id: 'name',
                title: 'Pool',
                cell: ({ name }) => (
                  <Link to="/machines" search={{ filter: `pool:${name}` }}>
                    {name}
                  </Link>
                ),
              },
              {
                id: 'use',
                title: 'Use',
                cell: (pool) => (
                  <Meter
                    label={`${pool.used} of ${pool.machines} machines allocated, ${pool.free} free`}
                    parts={capacityParts(pool)}
                  />
                ),
              },
              { id: 'machines', title: 'Machines', figures: true, cell: ({ machines }) => machines },
              { id: 'used', title: 'Allocated', figures: true, cell: ({ used }) => used },
              { id: 'free', title: 'Free', figures: true, cell: ({ free }) => free },
              {
                id: 'cores',
                title: 'Free cores',
                figures: true,
                cell: ({ freeCores, cores }) => `${freeCores} of ${cores}`,
              },
              {
                id: 'memory',
                title: 'Free memory',
                figures: true,
                cell: ({ freeMemoryMiB, memoryMiB }) =>
                  `${memorySize(freeMemoryMiB)} of ${memorySize(memoryMiB)}`,
              },
            ]}
          />
        )}
      </Card>
    </div>
  );
}
