import { type FormEvent, useState } from 'react';
import type { Machine } from '../../../src/api/machine/schema.ts';
import { type ActionName, actionRules } from '../../../src/domain/lifecycle/actions.ts';
import { Button } from '../components/button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { TextField } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import styles from './action-dialog.module.css';
import { entryOf, refusalOf } from './catalog.ts';
import { OrderProgress } from './order-progress.tsx';
import { useTrackOrder } from './orders-provider.tsx';
import { type Answers, ParameterFields, parametersOf } from './parameter-fields.tsx';
import { useOrder } from './use-order.ts';

export interface ActionDialogProps {
  action: ActionName;
  /** The machines that it is for. */
  names: readonly string[];
  /** Those of them whose state is known here. */
  known: readonly Machine[];
  onClose(): void;
}

/** Asks what an action needs to know, says who would refuse it, orders it, and shows how it goes. */
export function ActionDialog({ action, names, known, onClose }: ActionDialogProps) {
  const entry = entryOf(action);
  const [answers, setAnswers] = useState<Answers>({ mode: 'Soft', erase: '', sshKeys: '', message: '' });
  const order = useOrder();
  const track = useTrackOrder();
  const refusals = known
    .filter(({ metadata }) => names.includes(metadata.name))
    .flatMap((machine) => {
      const why = refusalOf(action, machine);
      return why === undefined ? [] : [{ name: machine.metadata.name, why }];
    });
  const of = names.length === 1 ? names[0] : `${names.length} machines`;

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const message = answers.message.trim();
    order.mutate(
      { names, order: { action, ...parametersOf(entry, answers), ...(message === '' ? {} : { message }) } },
      {
        onSuccess: (results) => {
          track({ label: entry.label, actions: results.flatMap(({ action: made }) => made ?? []) });
          if (results.every(({ problem }) => problem === undefined)) onClose();
        },
      },
    );
  };
  const isDone = order.isSuccess;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`${entry.label}: ${of}`}
      description={actionRules[action].effect}
    >
      <form className={styles.form} onSubmit={submit}>
        {isDone || order.isPending ? undefined : (
          <>
            <Refusals refusals={refusals} all={names.length} />
            <ParameterFields entry={entry} answers={answers} onChange={setAnswers} />
            <TextField
              label="Why"
              hint="For those who read it later."
              maxLength={1024}
              value={answers.message}
              onChange={(event) => setAnswers({ ...answers, message: event.target.value })}
            />
          </>
        )}
        {order.isIdle ? undefined : <OrderProgress results={order.results} all={names.length} />}
        {order.error === null ? undefined : <ProblemNotice error={order.error} />}
        <div className={styles.buttons}>
          <Button onClick={onClose}>{isDone ? 'Close' : 'Cancel'}</Button>
          {isDone ? undefined : (
            <Button type="submit" look={entry.danger === true ? 'danger' : 'primary'} busy={order.isPending}>
              {entry.label}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function Refusals({ refusals, all }: { refusals: readonly { name: string; why: string }[]; all: number }) {
  if (refusals.length === 0) return undefined;
  return (
    <div className={styles.refusals}>
      <p>{all === 1 ? 'It would refuse:' : `${refusals.length} of ${all} would refuse:`}</p>
      <ul>
        {refusals.slice(0, 6).map(({ name, why }) => (
          <li key={name}>
            <strong>{name}</strong> {why}
          </li>
        ))}
      </ul>
      {refusals.length > 6 ? <p>… and {refusals.length - 6} more.</p> : undefined}
    </div>
  );
}
