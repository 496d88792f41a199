import { Button, type ButtonProps } from './button.tsx';
import styles from './guarded-button.module.css';
import { Tooltip } from './tooltip.tsx';

/**
 * A button that can be out of use for a reason, which is told: the button stays in the order of the Tab key, so that everybody can find
 * out. @param disabledBecause a sentence; undefined: in use
 */
export function GuardedButton({
  disabledBecause,
  onClick,
  ...rest
}: ButtonProps & { disabledBecause: string | undefined }) {
  if (disabledBecause === undefined) return <Button {...rest} onClick={onClick} />;
  return (
    <Tooltip text={disabledBecause}>
      <Button
        {...rest}
        type="button"
        aria-disabled="true"
        aria-description={disabledBecause}
        className={styles.off ?? ''}
      />
    </Tooltip>
  );
}
