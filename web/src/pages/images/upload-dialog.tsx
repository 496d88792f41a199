import { useQuery } from '@tanstack/react-query';
import { type ChangeEvent, useState } from 'react';
import { uploadsQuery } from '../../api/uploads.ts';
import { Button } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { Meter } from '../../components/meter.tsx';
import { diskSize } from '../../format/size.ts';
import { bindFields, ImageDialog } from './image-dialog.tsx';
import styles from './images.module.css';
import { emptyUpload, filledBy, wrongWith } from './upload-form.ts';
import { useUpload } from './use-upload.ts';

/** Sends an image of a whole disk from this computer. What was typed and what was sent stay until it is taken. */
export function UploadDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const [form, setForm] = useState(emptyUpload);
  const [file, setFile] = useState<File>();
  const [wrong, setWrong] = useState<string>();
  const { data, error } = useQuery({ ...uploadsQuery, enabled: open });
  const upload = useUpload(() => {
    setForm(emptyUpload);
    setFile(undefined);
    onOpenChange(false);
  });
  const bind = bindFields(form, setForm, upload.busy);
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
  const submit = (): void => {
    if (file !== undefined && wrong === undefined && tooLarge === undefined) upload.start({ file, form });
  };
  return (
    <ImageDialog
      open={open}
      onOpenChange={onOpenChange}
      title="Upload an image"
      description="A raw image of a whole disk on this computer, packed by zstd or gzip or not at all. The server keeps it for the racks."
      bind={bind}
      digestHint="Of the file, when you know it: anything else is thrown away."
      problem={upload.error ?? error}
      onSubmit={submit}
      actions={(id) =>
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
      source={
        <TextField
          label="File"
          type="file"
          required={file === undefined}
          disabled={upload.busy}
          hint={file === undefined ? undefined : `${file.name}, ${diskSize(file.size)}`}
          error={wrong ?? tooLarge}
          onChange={(event) => void choose(event)}
        />
      }
    >
      {file === undefined || upload.sent === 0 ? undefined : (
        <SentMeter sent={upload.sent} total={file.size} />
      )}
    </ImageDialog>
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
