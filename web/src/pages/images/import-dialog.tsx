import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { createObject } from '../../api/writes.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import styles from './images.module.css';
import { emptyImage, formatOf, type ImageForm, newImage } from './new-image.ts';

const packed = { Raw: 'not packed', RawZstd: 'packed by zstd', RawGzip: 'packed by gzip' } as const;

/** Asks for an image of a whole disk at a web server. What was typed stays until it is taken. */
export function ImportDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const id = useId();
  const [form, setForm] = useState(emptyImage);
  const create = useMutation({
    mutationFn: () => createObject('images', newImage(form)),
    onSuccess: () => {
      setForm(emptyImage);
      onOpenChange(false);
    },
  });
  const bind = (field: keyof ImageForm) => ({
    value: form[field],
    autoComplete: 'off',
    spellCheck: false,
    onChange: ({ target }: { target: { value: string } }) => setForm({ ...form, [field]: target.value }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Import an image"
      description="A raw image of a whole disk, which racks fetch from a web server, check and keep."
      actions={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" form={id} look="primary" busy={create.isPending}>
            Import
          </Button>
        </>
      }
    >
      <form id={id} className={styles.form} onSubmit={submit}>
        <TextField
          label="Address"
          type="url"
          required
          placeholder="https://images.example.com/debian-12.raw.zst"
          hint={form.url === '' ? 'http:// or https://' : `By its name it is ${packed[formatOf(form.url)]}.`}
          {...bind('url')}
        />
        <TextField label="Name" required placeholder="debian-12" {...bind('name')} />
        <div className={styles.row}>
          <TextField label="System" required placeholder="debian" {...bind('os')} />
          <TextField label="Release" required placeholder="12" {...bind('release')} />
          <SelectField label="Architecture" {...bind('architecture')}>
            <option>amd64</option>
            <option>arm64</option>
          </SelectField>
        </div>
        <TextField
          label="SHA-256"
          hint="Of the file as it lies there. Without it, what comes at the first import is pinned."
          {...bind('digest')}
        />
        {create.error === null ? undefined : <ProblemNotice error={create.error} />}
      </form>
    </Dialog>
  );
}
