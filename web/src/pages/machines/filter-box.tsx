import { useEffect, useRef, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import styles from './filter-box.module.css';

/** Time after the last key until the list is asked for. */
const restMs = 250;

/** The words that the list is filtered by. `/` goes there from everywhere on the page. */
export function FilterBox({ value, onChange }: { value: string; onChange(value: string): void }) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  // The address may change by other means: a chip, a saved filter, going back.
  if (seen !== value) {
    setSeen(value);
    setText(value);
  }
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), restMs);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== '/' || isTyping(event.target)) return;
      event.preventDefault();
      field.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className={styles.box}>
      <Icon name="filter" />
      <input
        ref={field}
        type="search"
        aria-label="Filter machines"
        aria-keyshortcuts="/"
        placeholder="Filter: words, phase:Ready, pool:gpu, label:rack=a"
        spellCheck={false}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
