import { useQuery } from '@tanstack/react-query';
import { type Overview, overviewNouns, overviewQuery } from '../../api/overview.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { ButtonLink } from '../../components/button-link.tsx';
import { Card } from '../../components/card.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { CapacityCard } from './capacity-card.tsx';
import { ChangesCard } from './changes-card.tsx';
import { ImagesCard } from './images-card.tsx';
import styles from './overview.module.css';
import { PhasesCard } from './phases-card.tsx';
import { RacksCard } from './racks-card.tsx';
import { TroublesCard } from './troubles-card.tsx';
import { sentenceOf } from './words.ts';

/** What somebody wants to see first: how many machines there are of which kind, what is wrong, and what to do about it. */
export function OverviewPage() {
  useWatch(...overviewNouns);
  const { data, error, refetch } = useQuery(overviewQuery);
  return (
    <>
      <PageHeader
        title="Overview"
        text={data && sentenceOf(data)}
        actions={
          <ButtonLink to="/allocate" look="primary" icon="allocate">
            Allocate
          </ButtonLink>
        }
      />
      {error === null ? undefined : <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined ? error === null ? <Skeleton lines={10} /> : undefined : <Parts of={data} />}
    </>
  );
}

function Parts({ of }: { of: Overview }) {
  const { machines, troubles, changes, racks, images, missing } = of;
  return (
    <div className={styles.parts}>
      {machines === undefined ? undefined : <PhasesCard machines={machines} />}
      {troubles === undefined ? undefined : <TroublesCard troubles={troubles} />}
      {machines === undefined ? undefined : <CapacityCard pools={machines.capacity.pools} />}
      {racks === undefined ? undefined : <RacksCard racks={racks} />}
      {images === undefined ? undefined : <ImagesCard images={images} />}
      {changes === undefined ? undefined : <ChangesCard changes={changes} />}
      {missing.length === 0 ? undefined : (
        <div className={styles.wide}>
          <Card title="Not shown">
            <ul className={styles.missing}>
              {missing.map(({ part, detail }) => (
                <li key={part}>
                  <strong>{part}</strong>: {detail}
                </li>
              ))}
            </ul>
          </Card>
        </div>
      )}
    </div>
  );
}
