import { DropdownMenu as Parts } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icon.tsx';
import styles from './menu.module.css';

/** A list of things to do, below the button that opens it. */
export function Menu({
  trigger,
  align = 'end',
  children,
}: {
  trigger: ReactElement;
  align?: 'start' | 'end';
  children: ReactNode;
}) {
  return (
    <Parts.Root modal={false}>
      <Parts.Trigger asChild>{trigger}</Parts.Trigger>
      <Parts.Portal>
        <Parts.Content className={styles.menu} align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  );
}

export interface MenuItemProps {
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  /** Below the label: what it does, or why it cannot be done now. */
  hint?: string | undefined;
  onSelect(): void;
  children: ReactNode;
}

export function MenuItem({
  icon,
  danger = false,
  disabled = false,
  hint,
  onSelect,
  children,
}: MenuItemProps) {
  return (
    <Parts.Item
      className={classes(styles.item, danger && styles.danger)}
      disabled={disabled}
      onSelect={onSelect}
    >
      {icon === undefined ? undefined : <Icon name={icon} />}
      <span>
        {children}
        {hint === undefined ? undefined : <small className={styles.hint}>{hint}</small>}
      </span>
    </Parts.Item>
  );
}

/** An item that is on or off; the menu stays open. */
export function MenuCheck({
  checked,
  onChange,
  children,
}: {
  checked: boolean;
  onChange(checked: boolean): void;
  children: ReactNode;
}) {
  return (
    <Parts.CheckboxItem
      className={styles.item}
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
    >
      <span className={styles.mark}>
        <Parts.ItemIndicator>
          <Icon name="check" />
        </Parts.ItemIndicator>
      </span>
      {children}
    </Parts.CheckboxItem>
  );
}

/** One of several; which one is `value`. */
export function MenuChoice({
  value,
  onChange,
  options,
}: {
  value: string;
  onChange(value: string): void;
  options: Readonly<Record<string, string>>;
}) {
  return (
    <Parts.RadioGroup value={value} onValueChange={onChange}>
      {Object.entries(options).map(([option, label]) => (
        <Parts.RadioItem key={option} value={option} className={styles.item}>
          <span className={styles.mark}>
            <Parts.ItemIndicator>
              <Icon name="check" />
            </Parts.ItemIndicator>
          </span>
          {label}
        </Parts.RadioItem>
      ))}
    </Parts.RadioGroup>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Parts.Label className={styles.label}>{children}</Parts.Label>;
}

export function MenuLine() {
  return <Parts.Separator className={styles.line} />;
}
