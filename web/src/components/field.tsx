import { type ComponentProps, type ReactNode, useId } from 'react';
import { classes } from './classes.ts';
import styles from './field.module.css';

interface FieldParts {
  label: string;
  /** Below the field. */
  hint?: ReactNode;
  /** What is wrong with it; undefined: nothing. */
  error?: string | undefined;
}

function Frame({ id, label, hint, error, children }: FieldParts & { id: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {children}
      {hint === undefined ? undefined : (
        <p className={styles.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error === undefined ? undefined : (
        <p className={styles.error} id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function described(id: string, { hint, error }: FieldParts) {
  const parts = [hint === undefined ? [] : [`${id}-hint`], error === undefined ? [] : [`${id}-error`]].flat();
  return {
    ...(parts.length === 0 ? {} : { 'aria-describedby': parts.join(' ') }),
    ...(error === undefined ? {} : { 'aria-invalid': true }),
  };
}

/** One line of text, with its label. */
export function TextField({ label, hint, error, className, ...rest }: FieldParts & ComponentProps<'input'>) {
  const id = useId();
  const parts = { label, hint, error };
  return (
    <Frame id={id} {...parts}>
      <input {...rest} {...described(id, parts)} id={id} className={classes(styles.input, className)} />
    </Frame>
  );
}

/** Several lines of text. */
export function TextArea({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldParts & ComponentProps<'textarea'>) {
  const id = useId();
  const parts = { label, hint, error };
  return (
    <Frame id={id} {...parts}>
      <textarea
        {...rest}
        {...described(id, parts)}
        id={id}
        className={classes(styles.input, styles.area, className)}
      />
    </Frame>
  );
}

/** One of several values; the options are its children. */
export function SelectField({
  label,
  hint,
  error,
  className,
  ...rest
}: FieldParts & ComponentProps<'select'>) {
  const id = useId();
  const parts = { label, hint, error };
  return (
    <Frame id={id} {...parts}>
      <select
        {...rest}
        {...described(id, parts)}
        id={id}
        className={classes(styles.input, styles.select, className)}
      />
    </Frame>
  );
}
