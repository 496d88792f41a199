import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { TextField } from './field.tsx';
import { ProblemNotice } from './problem-notice.tsx';

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description: string;
  /** On the button: what it does. */
  verb: string;
  /** A word that has to be typed, for what cannot be undone. */
  word?: string;
  busy: boolean;
  error: unknown;
  onConfirm(): void;
  children?: ReactNode;
}

/** Asks before something is done that loses something. It stays open while it is done, and when it fails. */
export function ConfirmDialog({
  word,
  verb,
  busy,
  error,
  onConfirm,
  children,
  ...dialog
}: ConfirmDialogProps) {
  const [typed, setTyped] = useState('');
  const isSure = word === undefined || typed.trim() === word;
  return (
    <Dialog
      {...dialog}
      actions={
        <>
          <Button onClick={() => dialog.onOpenChange(false)}>Cancel</Button>
          <Button look="danger" busy={busy} disabled={!isSure} onClick={onConfirm}>
            {verb}
          </Button>
        </>
      }
    >
      {children}
      {word === undefined ? undefined : (
        <TextField
          label={`Type ${word} to confirm`}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setTyped(target.value)}
        />
      )}
      {error === undefined || error === null ? undefined : <ProblemNotice error={error} />}
    </Dialog>
  );
}
