import { Link } from '@tanstack/react-router';
import type { Overview } from '../../api/overview.ts';
import { Badge } from '../../components/badge.tsx';
import { Card } from '../../components/card.tsx';
import { wordsOf } from '../../format/phase.ts';
import { ImportMeter } from '../images/import-meter.tsx';
import styles from './overview.module.css';

/** Images that are being imported, or cannot be. */
export function ImagesCard({ images }: { images: NonNullable<Overview['images']> }) {
  const { total, ready, others } = images;
  return (
    <Card title={<Link to="/images">Images</Link>} flush>
      <p className={styles.more}>
        {ready} of {total} ready
      </p>
      <ul className={styles.list}>
        {others.map(({ name, reason, message, advice, progress }) => (
          <li key={name} className={styles.item}>
            <div className={styles.head}>
              <strong>{name}</strong>
              <Badge tone={reason.endsWith('Failed') ? 'bad' : 'busy'}>{wordsOf(reason)}</Badge>
            </div>
            {progress === undefined ? undefined : <ImportMeter progress={progress} />}
            <p>{message}</p>
            {advice === undefined ? undefined : <p className={styles.advice}>{advice}</p>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
