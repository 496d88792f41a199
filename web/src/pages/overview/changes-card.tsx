import { Link } from '@tanstack/react-router';
import { phaseTable } from '../../../../src/domain/lifecycle/phases.ts';
import type { Overview } from '../../api/overview.ts';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { PhaseBadge } from '../../components/phase-badge.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import styles from './overview.module.css';

/** So many are shown. */
const few = 10;

/** The machines that came into their phases last. */
export function ChangesCard({ changes }: { changes: NonNullable<Overview['changes']> }) {
  return (
    <Card title="Last changes" flush>
      {changes.length === 0 ? (
        <Empty icon="info" title="Nothing has happened yet" />
      ) : (
        <ul className={styles.list}>
          {changes.slice(0, few).map(({ machine, phase, since }) => (
            <li key={machine} className={styles.change}>
              <Link to="/machines/$name" params={{ name: machine }}>
                {machine}
              </Link>
              <PhaseBadge phase={phaseTable.find((row) => row.phase === phase)?.phase} />
              <span className={styles.time}>
                <RelativeTime at={since} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
