import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Machine } from '../../../../../src/api/machine/schema.ts';
import { objectQuery } from '../../../api/queries.ts';
import { useForbidden } from '../../../api/rights.ts';
import { Button } from '../../../components/button.tsx';
import { Card } from '../../../components/card.tsx';
import { Diff } from '../../../components/diff.tsx';
import { GuardedButton } from '../../../components/guarded-button.tsx';
import { useNotify } from '../../../components/notices.tsx';
import { ProblemNotice } from '../../../components/problem-notice.tsx';
import { useDraft } from '../../../hooks/use-draft.ts';
import { CodeEditor } from './code-editor.tsx';
import { ConflictNotice } from './conflict-notice.tsx';
import { save } from './save.ts';
import { editableText, statusText } from './text.ts';
import styles from './yaml-tab.module.css';

/** What is typed, and the text that it began with. Empty: nothing is edited. */
const nothing = { text: '', base: '' };

/** The machine as YAML. A change is checked by the server and shown before it is made; what was typed is never lost. */
export default function YamlTab({ machine }: { machine: Machine }) {
  const { name } = machine.metadata;
  const draft = useDraft(`machine.${name}`, nothing);
  const { text, base } = draft.value;
  const isEditing = base !== '';
  return (
    <div className={styles.stack}>
      {isEditing ? (
        <Editing name={name} text={text} base={base} onChange={draft.set} onEnd={draft.clear} />
      ) : (
        <Reading machine={machine} onEdit={(now) => draft.set({ text: now, base: now })} />
      )}
      <Card title="Status, written by Metalwright">
        <CodeEditor label="Status" value={statusText(machine).trimEnd()} />
      </Card>
    </div>
  );
}

function Reading({ machine, onEdit }: { machine: Machine; onEdit(text: string): void }) {
  const forbidden = useForbidden('replace', 'machines');
  const text = editableText(machine);
  return (
    <Card
      title="Machine"
      actions={
        <GuardedButton size="small" disabledBecause={forbidden} onClick={() => onEdit(text)}>
          Edit
        </GuardedButton>
      }
    >
      <CodeEditor label="Machine" value={text.trimEnd()} />
    </Card>
  );
}

interface EditingProps {
  name: string;
  text: string;
  base: string;
  onChange(change: { text?: string; base?: string }): void;
  onEnd(): void;
}

function Editing({ name, text, base, onChange, onEnd }: EditingProps) {
  const client = useQueryClient();
  const notify = useNotify();
  const [isReviewing, setReviewing] = useState(false);
  const check = useMutation({
    mutationFn: () => save(name, { text, base }, { dryRun: true }),
    onSuccess: ({ outcome }) => setReviewing(outcome === 'saved'),
  });
  const apply = useMutation({
    mutationFn: () => save(name, { text, base }, { dryRun: false }),
    onSuccess: (result) => {
      setReviewing(false);
      if (result.outcome !== 'saved') return;
      client.setQueryData(objectQuery('machines', name).queryKey, result.machine);
      notify({ tone: 'ok', title: `${name} is changed` });
      onEnd();
    },
    onError: () => setReviewing(false),
  });
  const result = apply.data ?? check.data;
  const edit = (change: { text?: string; base?: string }): void => {
    check.reset();
    apply.reset();
    onChange(change);
  };
  return (
    <Card
      title={isReviewing ? 'What changes' : 'Machine'}
      actions={
        isReviewing ? (
          <>
            <Button size="small" onClick={() => setReviewing(false)}>
              Back to the text
            </Button>
            <Button size="small" look="primary" busy={apply.isPending} onClick={() => apply.mutate()}>
              Apply
            </Button>
          </>
        ) : (
          <>
            <Button size="small" onClick={onEnd}>
              Discard
            </Button>
            <Button
              size="small"
              look="primary"
              busy={check.isPending}
              disabled={text === base}
              onClick={() => check.mutate()}
            >
              Review the change
            </Button>
          </>
        )
      }
    >
      <div className={styles.stack}>
        {check.error === null ? undefined : <ProblemNotice error={check.error} />}
        {apply.error === null ? undefined : <ProblemNotice error={apply.error} />}
        {result?.outcome === 'unreadable' ? <ProblemNotice error={new Error(result.problem)} /> : undefined}
        {result?.outcome === 'changed' ? (
          <ConflictNotice
            base={base}
            theirs={editableText(result.theirs)}
            onTake={(theirs) => edit({ base: theirs })}
          />
        ) : undefined}
        {isReviewing && check.data?.outcome === 'saved' ? (
          <Diff label="What changes" before={base} after={editableText(check.data.machine)} />
        ) : (
          <CodeEditor label="Machine" value={text} onChange={(typed) => edit({ text: typed })} />
        )}
      </div>
    </Card>
  );
}
