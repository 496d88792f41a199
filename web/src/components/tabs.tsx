import { Tabs as Parts } from 'radix-ui';
import { type ReactNode, useEffect, useRef } from 'react';
import styles from './tabs.module.css';

export interface Tab {
  /** In the address. */
  id: string;
  label: string;
  /** Drawn only while it is shown. */
  content(): ReactNode;
}

/** Parts of a page of which one is shown; arrow keys move between them. */
export function Tabs({
  label,
  tabs,
  value,
  onChange,
}: {
  label: string;
  tabs: readonly Tab[];
  value: string;
  onChange(id: string): void;
}) {
  const list = useRef<HTMLDivElement>(null);
  // On a phone they are wider than the window.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is shown then
  useEffect(() => {
    const shown = list.current?.querySelector<HTMLElement>('[data-state="active"]');
    if (list.current === null || shown === null || shown === undefined) return;
    list.current.scrollLeft = shown.offsetLeft - (list.current.clientWidth - shown.clientWidth) / 2;
  }, [value]);
  return (
    <Parts.Root value={value} onValueChange={onChange}>
      <Parts.List ref={list} className={styles.list} aria-label={label}>
        {tabs.map(({ id, label: name }) => (
          <Parts.Trigger key={id} value={id} className={styles.tab}>
            {name}
          </Parts.Trigger>
        ))}
      </Parts.List>
      {tabs.map(({ id, content }) => (
        <Parts.Content key={id} value={id} className={styles.content} tabIndex={-1}>
          {id === value ? content() : undefined}
        </Parts.Content>
      ))}
    </Parts.Root>
  );
}
