import type { ReactNode } from 'react';
import styles from './card.module.css';
import { classes } from './classes.ts';

export interface CardProps {
  title?: ReactNode;
  /** Beside the title: buttons, a link. */
  actions?: ReactNode;
  /** Without a margin inside, for tables. */
  flush?: boolean;
  children: ReactNode;
}

/** A part of a page with a title of its own. */
export function Card({ title, actions, flush = false, children }: CardProps) {
  return (
    <section className={styles.card}>
      {title === undefined ? undefined : (
        <header className={styles.head}>
          <h2>{title}</h2>
          {actions === undefined ? undefined : <div className={styles.actions}>{actions}</div>}
        </header>
      )}
      <div className={classes(styles.body, flush && styles.flush)}>{children}</div>
    </section>
  );
}
