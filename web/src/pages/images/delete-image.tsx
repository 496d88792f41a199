import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { BootImage } from '../../../../src/api/boot-image/schema.ts';
import { useForbidden } from '../../api/rights.ts';
import { deleteObject } from '../../api/writes.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';

/** Takes an image away; machines that have it keep it. */
export function DeleteImage({ image: { metadata } }: { image: BootImage }) {
  const { name, deletionTimestamp } = metadata;
  const [open, setOpen] = useState(false);
  const forbidden = useForbidden('delete', 'images');
  const remove = useMutation({
    mutationFn: () => deleteObject('images', name),
    onSuccess: () => setOpen(false),
  });
  return (
    <>
      <GuardedButton
        size="small"
        icon="trash"
        aria-label={`Delete ${name}`}
        disabledBecause={deletionTimestamp === undefined ? forbidden : 'It is being deleted.'}
        onClick={() => setOpen(true)}
      >
        Delete
      </GuardedButton>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Delete ${name}?`}
        description="Machines that have it installed keep it. Nothing new can be installed with it, and racks drop it from their caches."
        verb="Delete"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
      />
    </>
  );
}
