import type { ReactNode } from 'react';
import { useEffect } from 'react';
import styles from './page-header.module.css';

export interface PageHeaderProps {
  title: string;
  /** Beside the title: a badge, a count. */
  aside?: ReactNode;
  /** Below the title, small. */
  text?: ReactNode;
  actions?: ReactNode;
}

/** The top of every page; it names the browser's tab, too. */
export function PageHeader({ title, aside, text, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · Metalwright`;
  }, [title]);
  return (
    <header className={styles.header}>
      <div className={styles.words}>
        <div className={styles.title}>
          <h1>{title}</h1>
          {aside}
        </div>
        {text === undefined ? undefined : <div className={styles.text}>{text}</div>}
      </div>
      {actions === undefined ? undefined : <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
