import { Dialog as Parts } from 'radix-ui';
import type { ReactNode } from 'react';
import { IconButton } from './button.tsx';
import { classes } from './classes.ts';
import styles from './dialog.module.css';

export interface DialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  /** One sentence below the title. */
  description?: string;
  /** At the lower end: what to do, the main thing last. */
  actions?: ReactNode;
  wide?: boolean;
  children?: ReactNode;
}

/**
 * A window over the page, which holds the focus until it is closed. The overlay is our own element: that of the library locks
 * scrolling by a style element, which the content security policy does not let in.
 */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  actions,
  wide = false,
  children,
}: DialogProps) {
  return (
    <Parts.Root open={open} onOpenChange={onOpenChange}>
      <Parts.Portal>
        <div className={styles.overlay}>
          <Parts.Content
            className={classes(styles.dialog, wide && styles.wide)}
            {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          >
            <header className={styles.head}>
              <Parts.Title className={styles.title}>{title}</Parts.Title>
              <Parts.Close asChild>
                <IconButton label="Close" icon="close" size="small" />
              </Parts.Close>
            </header>
            <div className={styles.body}>
              {description === undefined ? undefined : (
                <Parts.Description className={styles.description}>{description}</Parts.Description>
              )}
              {children}
            </div>
            {actions === undefined ? undefined : <footer className={styles.foot}>{actions}</footer>}
          </Parts.Content>
        </div>
      </Parts.Portal>
    </Parts.Root>
  );
}
