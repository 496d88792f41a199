import { Tooltip as Parts } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import styles from './tooltip.module.css';

export function TooltipProvider({ children }: { children: ReactNode }) {
  return <Parts.Provider delayDuration={400}>{children}</Parts.Provider>;
}

/** More words for something that the pointer or the focus is on. Nothing that is needed may be here alone. */
export function Tooltip({ text, children }: { text: string; children: ReactElement }) {
  return (
    <Parts.Root>
      <Parts.Trigger asChild>{children}</Parts.Trigger>
      <Parts.Portal>
        <Parts.Content className={styles.tooltip} sideOffset={4} collisionPadding={8}>
          {text}
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  );
}
