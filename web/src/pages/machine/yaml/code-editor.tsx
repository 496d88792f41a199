import type { KeyboardEvent } from 'react';
import styles from './code-editor.module.css';

export interface CodeEditorProps {
  label: string;
  value: string;
  /** Undefined: it cannot be changed. */
  onChange?: (value: string) => void;
}

/** Text for machines, with the numbers of its lines. The Tab key leaves it; Ctrl ] and Ctrl [ move a line in and out. */
export function CodeEditor({ label, value, onChange }: CodeEditorProps) {
  const lines = value.split('\n').length;
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (!event.ctrlKey || (event.key !== ']' && event.key !== '[')) return;
    event.preventDefault();
    const { selectionStart } = event.currentTarget;
    const start = value.lastIndexOf('\n', selectionStart - 1) + 1;
    const line = value.slice(start);
    onChange?.(value.slice(0, start) + (event.key === ']' ? `  ${line}` : line.replace(/^ {1,2}/, '')));
  };
  return (
    <div className={styles.editor}>
      <pre className={styles.numbers} aria-hidden="true">
        {Array.from({ length: lines }, (_, at) => at + 1).join('\n')}
      </pre>
      <textarea
        className={styles.text}
        aria-label={label}
        rows={lines}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        wrap="off"
        readOnly={onChange === undefined}
        value={value}
        onChange={(event) => onChange?.(event.target.value)}
        onKeyDown={onChange === undefined ? undefined : onKeyDown}
      />
    </div>
  );
}
