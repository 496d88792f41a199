import type { ReactNode } from 'react';
import styles from './facts.module.css';

/** Names and values in two columns. What is undefined or empty is left out. */
export function Facts({ of }: { of: Readonly<Record<string, ReactNode>> }) {
  return (
    <dl className={styles.facts}>
      {Object.entries(of).map(([name, value]) =>
        isNothing(value) ? undefined : (
          <div key={name} className={styles.fact}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function isNothing(value: ReactNode): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
