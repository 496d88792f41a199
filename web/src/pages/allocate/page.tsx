import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';
import { isSignedOut, problemOf } from '../../api/problem.ts';
import { useForbidden } from '../../api/rights.ts';
import { useWatch } from '../../api/watch/provider.tsx';
import { createObject } from '../../api/writes.ts';
import { Button } from '../../components/button.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { useNotify } from '../../components/notices.tsx';
import { PageHeader } from '../../components/page-header.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { useDebounced } from '../../hooks/use-debounced.ts';
import { useDraft } from '../../hooks/use-draft.ts';
import styles from './allocate.module.css';
import { fieldErrorsOf } from './field-errors.ts';
import { AccessFields, MachineFields, WhatFields } from './fields.tsx';
import { FitPanel } from './fit-panel.tsx';
import { type AllocateForm, emptyForm, type FieldErrors, readForm } from './form.ts';
import { allocationOf, manifestOf, needsSecret } from './manifest.ts';
import { ManifestPanel } from './manifest-panel.tsx';
import { previewQuery } from './preview.ts';

/** Milliseconds without a keystroke before the server is asked. */
const quiet = 250;

/** A form for an Allocation, with what the scheduler would make of it. */
export function AllocatePage() {
  const navigate = useNavigate();
  const notify = useNotify();
  const given = useSearch({ from: '/shell/allocate' });
  const { value: form, set, clear, restored } = useDraft('allocate', emptyForm, fromAddress(given));
  const reading = useMemo(() => readForm(form), [form]);
  const isComplete = Object.keys(reading.errors).length === 0 && Object.keys(reading.missing).length === 0;
  const [tried, setTried] = useState(false);

  useWatch('machines');
  const wish = useDebounced(
    { namespace: form.namespace.trim(), image: form.image, constraints: reading.constraints },
    quiet,
  );
  const preview = useQuery(previewQuery(wish.namespace, wish.image, wish.constraints));
  const forbidden = useForbidden('create', 'allocations', wish.namespace === '' ? undefined : wish.namespace);

  const allocation = allocationOf(form, reading);
  const checked = useDebounced({ allocation, isComplete }, 2 * quiet);
  const check = useQuery({
    queryKey: ['derived', 'none', 'dry-run', checked.allocation],
    queryFn: ({ signal }) => createObject('allocations', checked.allocation, { dryRun: true, signal }),
    enabled: checked.isComplete && forbidden === undefined,
    retry: false,
    gcTime: 0,
  });

  const intent = useRef({ text: '', key: '' });
  const create = useMutation({
    mutationFn: () => {
      const text = JSON.stringify(allocation);
      // The same form sent twice, after an answer that was lost, is one Allocation.
      if (intent.current.text !== text) intent.current = { text, key: crypto.randomUUID() };
      return createObject('allocations', allocation, { idempotencyKey: intent.current.key });
    },
    onSuccess: ({ metadata: { name, namespace = '' } }) => {
      clear();
      notify({ tone: 'ok', title: `Allocation ${name} is created` });
      void navigate({ to: '/allocations/$namespace/$name', params: { namespace, name } });
    },
  });

  const refused = create.error ?? (check.isFetching ? null : check.error);
  const { errors, rest } = problemsOf(refused, reading.errors, tried ? reading.missing : {});
  const props = { form, errors, set };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isComplete && forbidden === undefined) create.mutate();
      }}
    >
      <PageHeader
        title="Allocate"
        text="Ask for a machine by what it must be. The smallest that fits is taken and installed."
        actions={
          restored ? (
            <Button icon="trash" onClick={clear}>
              Start anew
            </Button>
          ) : undefined
        }
      />
      <div className={styles.page}>
        <div className={styles.column}>
          <WhatFields {...props} />
          <MachineFields {...props} />
          <AccessFields {...props} />
          {rest === undefined ? undefined : <ProblemNotice error={rest} />}
          {needsSecret(form) ? (
            <p className={styles.note}>
              User data was typed: apply the Secret of the manifest with kubectl, else the machine waits for
              it.
            </p>
          ) : undefined}
          <div className={styles.foot}>
            <span role="status" className={styles.summary}>
              {preview.data === undefined ? '' : `${preview.data.fits} of ${preview.data.machines} fit`}
            </span>
            <GuardedButton
              look="primary"
              type="submit"
              icon="check"
              busy={create.isPending}
              disabledBecause={forbidden}
            >
              Allocate
            </GuardedButton>
          </div>
        </div>
        <div className={styles.side}>
          <FitPanel preview={preview.data} error={preview.error} />
          <ManifestPanel text={manifestOf(form)} />
        </div>
      </div>
    </form>
  );
}

/** `/allocate?machine=rack1-u1&image=debian-12`: what other pages fill in. */
function fromAddress(search: Readonly<Record<string, string>>): Partial<AllocateForm> {
  const fields = ['machine', 'image', 'pool', 'zone', 'namespace'] as const;
  return Object.fromEntries(
    fields.flatMap((field) => (search[field] === undefined ? [] : [[field, search[field]]])),
  );
}

/** What is wrong at the fields; `rest`: what belongs to none of them. */
function problemsOf(
  error: unknown,
  found: FieldErrors,
  missing: FieldErrors,
): { errors: FieldErrors; rest: unknown } {
  if (error === null || error === undefined || isSignedOut(error)) {
    return { errors: { ...missing, ...found }, rest: undefined };
  }
  const { code, detail, errors: list = [] } = problemOf(error);
  if (code === 'AlreadyExists') return { errors: { name: detail, ...missing, ...found }, rest: undefined };
  const { errors, rest } = fieldErrorsOf(list);
  const isAllAtFields = list.length > 0 && rest.length === 0;
  return { errors: { ...errors, ...missing, ...found }, rest: isAllAtFields ? undefined : error };
}
