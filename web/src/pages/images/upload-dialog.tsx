import { useQuery } from '@tanstack/react-query';
import { type ChangeEvent, type FormEvent, useId, useState } from 'react';
import { uploadsQuery } from '../../api/uploads.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { Meter } from '../../components/meter.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { diskSize } from '../../format/size.ts';
import styles from './images.module.css';
import { emptyUpload, filledBy, type UploadForm, wrongWith } from './upload-form.ts';
import { useUpload } from './use-upload.ts';

/** Sends an image of a whole disk from this computer. What was typed and what was sent stay until it is taken. */
export function UploadDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const id = useId();
  const [form, setForm] = useState(emptyUpload);
  const [file, setFile] = useState<File>();
  const [wrong, setWrong] = useState<string>();
  const { data, error } = useQuery({ ...uploadsQuery, enabled: open });
  const upload = useUpload(() => {
    setForm(emptyUpload);
    setFile(undefined);
    onOpenChange(false);
  });
  const problem = upload.error ?? error;
  const bind = (field: keyof UploadForm) => ({
    value: form[field],
    autoComplete: 'off',
    spellCheck: false,
    disabled: upload.busy,
    onChange: ({ target }: { target: { value: string } }) => setForm({ ...form, [field]: target.value }),
  });
  const choose = async ({ target }: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const chosen = target.files?.[0];
    if (chosen === undefined) return;
    setFile(chosen);
    setForm((before) => filledBy(before, chosen.name));
    upload.reset();
    setWrong(await wrongWith(chosen).catch(() => 'The file cannot be read.'));
  };
  const tooLarge =
    file !== undefined && data !== undefined && file.size > data.limits.fileBytes
      ? `The server takes ${diskSize(data.limits.fileBytes)} at most.`
      : undefined;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (file !== undefined && wrong === undefined && tooLarge === undefined) upload.start({ file, form });
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Upload an image"
      description="A raw image of a whole disk on this computer, packed by zstd or gzip or not at all. The server keeps it for the racks."
      actions={
        upload.busy ? (
          <Button onClick={upload.stop}>Stop</Button>
        ) : (
          <>
            <Button onClick={() => onOpenChange(false)}>Cancel</Button>
            <GuardedButton
              type="submit"
              form={id}
              look="primary"
              disabledBecause={error === null ? undefined : 'The server takes no files at present.'}
            >
              {upload.sent > 0 ? 'Go on' : 'Upload'}
            </GuardedButton>
          </>
        )
      }
    >
      <form id={id} className={styles.form} onSubmit={submit}>
        <TextField
          label="File"
          type="file"
          required={file === undefined}
          disabled={upload.busy}
          hint={file === undefined ? undefined : `${file.name}, ${diskSize(file.size)}`}
          error={wrong ?? tooLarge}
          onChange={(event) => void choose(event)}
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
          hint="Of the file, when you know it: anything else is thrown away."
          {...bind('digest')}
        />
        {file === undefined || upload.sent === 0 ? undefined : (
          <SentMeter sent={upload.sent} total={file.size} />
        )}
        {problem === null ? undefined : <ProblemNotice error={problem} />}
      </form>
    </Dialog>
  );
}

function SentMeter({ sent, total }: { sent: number; total: number }) {
  const percent = Math.floor((sent / total) * 100);
  const words = `${diskSize(sent)} of ${diskSize(total)}`;
  return (
    <span className={styles.progress}>
      <Meter label={`${percent} % sent`} parts={[{ share: sent / total, tone: 'busy', title: words }]} />
      <small>
        {percent} % · {words}
      </small>
    </span>
  );
}
