import { useQuery } from '@tanstack/react-query';
import { allQuery } from '../../api/queries.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { Empty } from '../../components/empty.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useNow } from '../../hooks/use-now.ts';
import { rackHealth } from './health.ts';
import { RackCard } from './rack-card.tsx';
import styles from './racks.module.css';

/** The racks, and whether their services are well. */
export function RacksPage() {
  useWatch('racks');
  const now = useNow();
  const { data, error, refetch } = useQuery(allQuery('racks'));
  const well = (data ?? []).filter((rack) => rackHealth(rack, now).tone === 'ok').length;
  return (
    <>
      <PageHeader title="Racks" text={data === undefined ? undefined : `${well} of ${data.length} well`} />
      {error !== null ? (
        <ProblemNotice error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton lines={8} />
      ) : data.length === 0 ? (
        <Empty icon="racks" title="No rack has reported yet">
          A rack runs on every node that is wired to the machines: DHCP, boot files, and power.
        </Empty>
      ) : (
        <div className={styles.racks}>
          {data.map((rack) => (
            <RackCard key={rack.metadata.name} rack={rack} now={now} />
          ))}
        </div>
      )}
    </>
  );
}
