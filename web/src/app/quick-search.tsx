import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useDeferredValue, useEffect, useId, useState } from 'react';
import { request } from '../api/client.ts';
import type { Page, ResourceTypes } from '../api/resources.ts';
import { Dialog } from '../components/dialog.tsx';
import { Icon } from '../components/icon.tsx';
import { phaseWords } from '../format/phase.ts';
import styles from './quick-search.module.css';
import { type Hit, placeHits } from './quick-search-hits.ts';

/** Goes anywhere by a few letters: places of the UI, and machines by name, address, serial number or owner. Ctrl K opens it. */
export function QuickSearch() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setOpen(true);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <button type="button" className={styles.open} aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Icon name="search" />
        <span>Go to a machine or page</span>
        <kbd>Ctrl K</kbd>
      </button>
      <Dialog open={open} onOpenChange={setOpen} title="Go to">
        <SearchBox onGone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function SearchBox({ onGone }: { onGone: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const id = useId();
  const hits = useHits(useDeferredValue(text.trim()));
  const chosen = Math.min(at, hits.length - 1);

  const go = (hit: Hit | undefined): void => {
    if (hit === undefined) return;
    onGone();
    void navigate({ to: hit.to });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((chosen + step + hits.length) % Math.max(1, hits.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(hits[chosen]);
    }
  };
  return (
    <div>
      <input
        className={styles.input}
        role="combobox"
        aria-label="Search"
        aria-expanded={hits.length > 0}
        aria-controls={id}
        aria-activedescendant={hits[chosen] === undefined ? undefined : `${id}-${chosen}`}
        placeholder="Name, address, serial number, page…"
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={styles.hits} id={id} role="listbox" aria-label="Found">
        {hits.map((hit, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys
          <div
            key={hit.to}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={styles.hit}
            onClick={() => go(hit)}
          >
            <Icon name={hit.icon} />
            <span className={styles.label}>{hit.label}</span>
            <span className={styles.hint}>{hit.hint}</span>
          </div>
        ))}
        {hits.length === 0 ? <p className={styles.none}>Nothing is called so.</p> : undefined}
      </div>
    </div>
  );
}

/** Machines that the server finds, after the pages whose name fits. */
function useHits(text: string): Hit[] {
  const machines = useQuery({
    queryKey: ['quick-search', text],
    enabled: text.length > 1,
    queryFn: ({ signal }) =>
      request<Page<ResourceTypes['machines']>>('/machines', {
        query: { q: text, limit: 8, fields: 'status.phase,spec.pool' },
        signal,
      }),
    placeholderData: (before) => before,
  });
  const found = text.length > 1 ? (machines.data?.items ?? []) : [];
  return [
    ...placeHits(text),
    ...found.map(
      ({ metadata, status }): Hit => ({
        to: `/machines/${metadata.name}`,
        label: metadata.name,
        hint: phaseWords(status?.phase),
        icon: 'machines',
      }),
    ),
  ];
}
