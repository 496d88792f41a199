import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { createObject } from '../../api/writes.ts';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { SelectField, TextField } from '../../components/field.tsx';
import { useNotify } from '../../components/notices.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { nextFreeQuery } from './queries.ts';
import { type ReservationForm, reservation } from './reservation.ts';
import styles from './subnet.module.css';

/** An address that nobody has typed yet: the next free one stands in its place. */
const empty = { address: undefined, purpose: 'Reserved', mac: '', hostname: '', description: '' } as const;

interface Draft extends Omit<ReservationForm, 'address'> {
  address: string | undefined;
}

/** Reserves an address of a subnet; the next free one is proposed. */
export function ReserveDialog({
  subnet,
  open,
  onOpenChange,
}: {
  subnet: string;
  open: boolean;
  onOpenChange(open: boolean): void;
}) {
  const id = useId();
  const notify = useNotify();
  const [draft, setDraft] = useState<Draft>(empty);
  const free = useQuery({ ...nextFreeQuery(subnet), enabled: open });
  const form = { ...draft, address: draft.address ?? free.data?.address ?? '' };
  const create = useMutation({
    mutationFn: () => createObject('ip-addresses', reservation(subnet, form)),
    onSuccess: ({ spec }) => {
      notify({ tone: 'ok', title: `${spec.address} is reserved` });
      setDraft(empty);
      onOpenChange(false);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  const change = (field: Partial<Draft>): void => setDraft({ ...draft, ...field });
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Reserve an address"
      description={`Of ${subnet}. Nothing else is given it as long as the reservation stands.`}
      actions={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" form={id} look="primary" busy={create.isPending}>
            Reserve
          </Button>
        </>
      }
    >
      <form id={id} className={styles.form} onSubmit={submit}>
        <TextField
          label="Address"
          required
          autoComplete="off"
          spellCheck={false}
          hint={
            free.error === null
              ? 'The next free one, unless you type another.'
              : 'There is no free one to propose.'
          }
          value={form.address}
          onChange={({ target }) => change({ address: target.value })}
        />
        <SelectField
          label="For"
          value={draft.purpose}
          onChange={({ target }) => change({ purpose: target.value === 'Static' ? 'Static' : 'Reserved' })}
        >
          <option value="Reserved">nobody: it is kept out of use</option>
          <option value="Static">one client, by its MAC address</option>
        </SelectField>
        {draft.purpose === 'Static' ? (
          <>
            <TextField
              label="MAC address"
              required
              autoComplete="off"
              spellCheck={false}
              placeholder="52:54:00:12:34:56"
              value={draft.mac}
              onChange={({ target }) => change({ mac: target.value })}
            />
            <TextField
              label="Host name"
              autoComplete="off"
              spellCheck={false}
              value={draft.hostname}
              onChange={({ target }) => change({ hostname: target.value })}
            />
          </>
        ) : undefined}
        <TextField
          label="Description"
          value={draft.description}
          onChange={({ target }) => change({ description: target.value })}
        />
        {create.error === null ? undefined : <ProblemNotice error={create.error} />}
      </form>
    </Dialog>
  );
}
