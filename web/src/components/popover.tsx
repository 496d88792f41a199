import { Popover as Parts } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import styles from './popover.module.css';

/** A small window beside the button that opens it, for more than a menu holds. */
export function Popover({
  trigger,
  label,
  align = 'start',
  children,
}: {
  trigger: ReactElement;
  label: string;
  align?: 'start' | 'end';
  children: ReactNode;
}) {
  return (
    <Parts.Root>
      <Parts.Trigger asChild>{trigger}</Parts.Trigger>
      <Parts.Portal>
        <Parts.Content
          className={styles.popover}
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
        >
          {children}
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  );
}
