import { createLink, type LinkComponent } from '@tanstack/react-router';
import type { ComponentProps } from 'react';
import styles from './button.module.css';
import { classes } from './classes.ts';
import { Icon, type IconName } from './icon.tsx';

interface AnchorProps extends ComponentProps<'a'> {
  look?: 'normal' | 'primary' | 'plain';
  icon?: IconName;
}

/** A way out of the program, to another page of the server, that looks like a button. */
export function AnchorButton({ look = 'normal', icon, className, children, ...rest }: AnchorProps) {
  return (
    <a {...rest} className={classes(styles.button, styles[look], className)}>
      {icon === undefined ? undefined : <Icon name={icon} />}
      {children}
    </a>
  );
}

const RoutedAnchor = createLink(AnchorButton);

/** A way to another page that looks like a button. */
export const ButtonLink: LinkComponent<typeof AnchorButton> = (props) => <RoutedAnchor {...props} />;
