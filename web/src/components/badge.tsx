import type { ReactNode } from 'react';
import styles from './badge.module.css';
import { classes } from './classes.ts';

/** `busy`: something is under way. `quiet`: nothing to see. */
export type Tone = 'ok' | 'busy' | 'warn' | 'bad' | 'quiet';

/** A word with a colour; the word alone says it all. */
export function Badge({ tone = 'quiet', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={classes(styles.badge, styles[tone])}>
      <span className={styles.dot} aria-hidden="true" />
      {children}
    </span>
  );
}
