import type { Machine } from '../../../../src/api/machine/schema.ts';
import { whatOf } from '../../../../src/domain/timeline/steps.ts';
import { Card } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { wordsOf } from '../../format/phase.ts';
import { durationOf } from '../../format/time.ts';
import { shares } from './shares.ts';
import styles from './timeline-tab.module.css';

/** The story of its present boot, or of the last one: what happened, and how long each step took. */
export default function TimelineTab({ machine: { status } }: { machine: Machine }) {
  const timeline = status?.timeline;
  if (timeline === undefined) {
    return (
      <Empty icon="play" title="It has not booted for Metalwright yet">
        When it is commissioned or deployed, every step from power-on to the running OS is told here, with the
        time it took.
      </Empty>
    );
  }
  const { generation, work, steps, awaited } = timeline;
  const widths = shares(steps.map(({ durationSeconds }) => durationSeconds));
  const total = steps.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  return (
    <Card
      title={`${wordsOf(work)}, boot ${generation}`}
      actions={<span className={styles.total}>{durationOf(total)} in all</span>}
    >
      <ol className={styles.steps}>
        {steps.map(({ step, at, durationSeconds, detail }, index) => (
          <li key={step} className={styles.step}>
            <span className={styles.name}>
              {wordsOf(step.replace(/^Task(?=[A-Z])/, ''))}
              {detail === undefined ? undefined : <span className={styles.detail}>{detail}</span>}
            </span>
            <span className={styles.track} aria-hidden="true">
              <span
                className={styles.bar}
                style={{ marginLeft: `${widths[index]?.from}%`, width: `${widths[index]?.width}%` }}
              />
            </span>
            <span className={styles.time}>{durationSeconds === 0 ? '' : durationOf(durationSeconds)}</span>
            <span className={styles.ago}>
              <RelativeTime at={at} />
            </span>
          </li>
        ))}
        {awaited === undefined ? undefined : (
          <li className={styles.step} data-awaited>
            <span className={styles.name}>Waits for: {whatOf(awaited)}</span>
          </li>
        )}
      </ol>
    </Card>
  );
}
