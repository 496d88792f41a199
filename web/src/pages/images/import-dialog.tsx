import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { createObject } from '../../api/writes.ts';
import { Button } from '../../components/button.tsx';
import { TextField } from '../../components/field.tsx';
import { bindFields, ImageDialog } from './image-dialog.tsx';
import { emptyImage, formatOf, newImage } from './new-image.ts';

const packed = { Raw: 'not packed', RawZstd: 'packed by zstd', RawGzip: 'packed by gzip' } as const;

/** Asks for an image of a whole disk at a web server. What was typed stays until it is taken. */
export function ImportDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const [form, setForm] = useState(emptyImage);
  const create = useMutation({
    mutationFn: () => createObject('images', newImage(form)),
    onSuccess: () => {
      setForm(emptyImage);
      onOpenChange(false);
    },
  });
  const bind = bindFields(form, setForm);
  return (
    <ImageDialog
      open={open}
      onOpenChange={onOpenChange}
      title="Import an image"
      description="A raw image of a whole disk, which racks fetch from a web server, check and keep."
      bind={bind}
      digestHint="Of the file as it lies there. Without it, what comes at the first import is pinned."
      problem={create.error}
      onSubmit={() => create.mutate()}
      actions={(id) => (
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" form={id} look="primary" busy={create.isPending}>
            Import
          </Button>
        </>
      )}
      source={
        <TextField
          label="Address"
          type="url"
          required
          placeholder="https://images.example.com/debian-12.raw.zst"
          hint={form.url === '' ? 'http:// or https://' : `By its name it is ${packed[formatOf(form.url)]}.`}
          {...bind('url')}
        />
      }
    />
  );
}
