import { Checkbox as Parts } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import styles from './checkbox.module.css';
import { Icon } from './icon.tsx';

export interface CheckboxProps {
  checked: boolean | 'indeterminate';
  onChange(checked: boolean): void;
  disabled?: boolean;
  /** For a box without words beside it. */
  label?: string;
  children?: ReactNode;
  /** Out of the order of the Tab key, where another key does the same. */
  tabIndex?: number;
}

export function Checkbox({ checked, onChange, disabled = false, label, children, tabIndex }: CheckboxProps) {
  const id = useId();
  const box = (
    <Parts.Root
      id={id}
      className={styles.box}
      checked={checked}
      disabled={disabled}
      aria-label={label}
      {...(tabIndex === undefined ? {} : { tabIndex })}
      onCheckedChange={(now) => onChange(now === true)}
    >
      <Parts.Indicator className={styles.mark}>
        {checked === 'indeterminate' ? <span className={styles.some} /> : <Icon name="check" />}
      </Parts.Indicator>
    </Parts.Root>
  );
  if (children === undefined) return box;
  return (
    <span className={styles.row}>
      {box}
      <label htmlFor={id}>{children}</label>
    </span>
  );
}
