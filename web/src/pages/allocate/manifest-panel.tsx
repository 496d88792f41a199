import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import styles from './allocate.module.css';

/** The same as YAML, for those who keep it in Git. */
export function ManifestPanel({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <Card
      title="Manifest"
      actions={
        <Button size="small" icon={copied ? 'check' : 'copy'} onClick={() => void copy()}>
          {copied ? 'Copied' : 'Copy'}
        </Button>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section className={styles.manifest} tabIndex={0} aria-label="Manifest">
        <pre>{text}</pre>
      </section>
      <p className={styles.note}>
        Commit it to Git, or <code>kubectl apply -f</code> it: the same as the button.
      </p>
    </Card>
  );
}
