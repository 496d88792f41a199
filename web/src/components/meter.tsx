import type { Tone } from './badge.tsx';
import { classes } from './classes.ts';
import styles from './meter.module.css';

export interface MeterPart {
  /** Of the whole: 0 to 1. */
  share: number;
  tone: Tone | 'accent';
  title: string;
}

/** A bar of one or more parts. @param label what it measures, with the figure: it is all that a screen reader says */
export function Meter({ label, parts }: { label: string; parts: readonly MeterPart[] }) {
  return (
    <span className={styles.meter} role="img" aria-label={label}>
      {parts.map(({ share, tone, title }) =>
        share <= 0 ? undefined : (
          <span
            key={title}
            className={classes(styles.part, styles[tone])}
            style={{ width: `${Math.min(1, share) * 100}%` }}
            title={title}
          />
        ),
      )}
    </span>
  );
}
