import type { ComponentProps, ReactNode } from 'react';
import styles from './button.module.css';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icon.tsx';

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** `primary`: the one thing to do here. `danger`: something is lost by it. `plain`: without a frame. */
  look?: 'normal' | 'primary' | 'danger' | 'plain';
  size?: 'normal' | 'small';
  icon?: IconName | undefined;
  /** What was asked for is under way: it cannot be asked for again. */
  busy?: boolean;
  children?: ReactNode;
}

export function Button({ look = 'normal', size = 'normal', icon, busy = false, ...props }: ButtonProps) {
  const { children, className, disabled, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={classes(styles.button, styles[look], styles[size], busy && styles.busy, className)}
    >
      {icon === undefined ? undefined : <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is a picture alone. @param label what it does, for tooltips and screen readers */
export function IconButton({
  label,
  icon,
  ...rest
}: Omit<ButtonProps, 'children'> & { label: string; icon: IconName }) {
  return (
    <Button
      look="plain"
      {...rest}
      icon={icon}
      aria-label={label}
      title={label}
      className={classes(styles.square, rest.className)}
    />
  );
}
