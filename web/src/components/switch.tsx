import { Switch as Parts } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import styles from './switch.module.css';

/** Something that is on or off, at once. */
export function Switch({
  checked,
  onChange,
  disabled = false,
  children,
}: {
  checked: boolean;
  onChange(checked: boolean): void;
  disabled?: boolean;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <span className={styles.row}>
      <Parts.Root
        id={id}
        className={styles.switch}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
      >
        <Parts.Thumb className={styles.thumb} />
      </Parts.Root>
      <label htmlFor={id}>{children}</label>
    </span>
  );
}
