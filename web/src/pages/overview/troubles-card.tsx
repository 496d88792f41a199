import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Overview, Trouble } from '../../api/overview.ts';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { wordsOf } from '../../format/phase.ts';
import styles from './overview.module.css';

/** So many are shown at first. */
const few = 6;

const tones: Readonly<Record<Trouble['kind'], Tone>> = { Failed: 'bad', Waits: 'warn', Late: 'warn' };

/** Machines that a person has to look at, and what to do about each. */
export function TroublesCard({ troubles }: { troubles: NonNullable<Overview['troubles']> }) {
  const [all, setAll] = useState(false);
  const { total, items } = troubles;
  const shown = all ? items : items.slice(0, few);
  return (
    <div className={styles.wide}>
      <Card title={total === 0 ? 'Needs attention' : `Needs attention: ${total}`} flush>
        {total === 0 ? (
          <Empty icon="check" title="Nothing needs attention">
            Machines that failed, wait for somebody or take too long stand here, with what to do.
          </Empty>
        ) : (
          <ul className={styles.list}>
            {shown.map((trouble) => (
              <TroubleItem key={trouble.name} trouble={trouble} />
            ))}
          </ul>
        )}
        {items.length > shown.length ? (
          <p className={styles.more}>
            <Button onClick={() => setAll(true)}>Show {items.length - shown.length} more</Button>
          </p>
        ) : total > items.length ? (
          <p className={styles.more}>And {total - items.length} more: see Machines.</p>
        ) : undefined}
      </Card>
    </div>
  );
}

function TroubleItem({ trouble: { name, kind, reason, message, advice, since } }: { trouble: Trouble }) {
  return (
    <li className={styles.item}>
      <div className={styles.head}>
        <Link to="/machines/$name" params={{ name }}>
          {name}
        </Link>
        <Badge tone={tones[kind]}>{wordsOf(reason)}</Badge>
        {since === undefined ? undefined : (
          <span className={styles.time}>
            <RelativeTime at={since} />
          </span>
        )}
      </div>
      {message === '' ? undefined : <p>{message}</p>}
      {advice === undefined ? undefined : <p className={styles.advice}>{advice}</p>}
    </li>
  );
}
