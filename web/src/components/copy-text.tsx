import { useState } from 'react';
import { IconButton } from './button.tsx';
import styles from './copy-text.module.css';

/** A text for machines, and a button that copies it. */
export function CopyText({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <span className={styles.row}>
      <code>{text}</code>
      <IconButton
        size="small"
        icon={copied ? 'check' : 'copy'}
        label={copied ? 'Copied' : `Copy ${text}`}
        onClick={() => void copy()}
      />
    </span>
  );
}
