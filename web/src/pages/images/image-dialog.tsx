import { type FormEvent, type ReactNode, useId } from 'react';
import { Dialog, type DialogProps } from '../../components/dialog.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import styles from './images.module.css';

/** What is asked for of every new image. */
export type ImageField = 'name' | 'os' | 'release' | 'architecture' | 'digest';

interface Bound {
  value: string;
  onChange(event: { target: { value: string } }): void;
}

/** Ties the fields of a form to its state. Nothing is completed or corrected by the browser: names are exact. */
export function bindFields<T extends object>(form: T, setForm: (form: T) => void, disabled = false) {
  return (
    field: keyof T & string,
  ): Bound & { autoComplete: string; spellCheck: boolean; disabled: boolean } => ({
    value: String(form[field]),
    autoComplete: 'off',
    spellCheck: false,
    disabled,
    onChange: ({ target }) => setForm({ ...form, [field]: target.value }),
  });
}

/** The frame of the dialogs that make an image: where it comes from first, then what it is called and holds. */
export function ImageDialog({
  bind,
  digestHint,
  problem,
  onSubmit,
  actions,
  source,
  children,
  ...dialog
}: Pick<DialogProps, 'open' | 'onOpenChange' | 'title' | 'description'> & {
  bind(field: ImageField): Bound;
  digestHint: string;
  problem: unknown;
  onSubmit(): void;
  /** @param form the id of the form, for the button that submits it */
  actions(form: string): ReactNode;
  /** The field of the file or of the address. */
  source: ReactNode;
  children?: ReactNode;
}) {
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Dialog {...dialog} actions={actions(id)}>
      <form id={id} className={styles.form} onSubmit={submit}>
        {source}
        <TextField label="Name" required placeholder="debian-12" {...bind('name')} />
        <div className={styles.row}>
          <TextField label="System" required placeholder="debian" {...bind('os')} />
          <TextField label="Release" required placeholder="12" {...bind('release')} />
          <SelectField label="Architecture" {...bind('architecture')}>
            <option>amd64</option>
            <option>arm64</option>
          </SelectField>
        </div>
        <TextField label="SHA-256" hint={digestHint} {...bind('digest')} />
        {children}
        {problem === null ? undefined : <ProblemNotice error={problem} />}
      </form>
    </Dialog>
  );
}
