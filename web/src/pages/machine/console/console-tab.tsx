import { useState } from 'react';
import type { Machine } from '../../../../../src/api/machine/schema.ts';
import { Button } from '../../../components/button.tsx';
import styles from './console.module.css';
import { LiveConsole } from './live-console.tsx';
import { RecordedConsole } from './recorded-console.tsx';

/** What the machine says on its serial console now, and a way to answer; or what it said while it was booted. */
export default function ConsoleTab({ machine }: { machine: Machine }) {
  const { name } = machine.metadata;
  const [recorded, setRecorded] = useState(false);
  return (
    <div className={styles.console}>
      <fieldset className={styles.views}>
        <legend className="visually-hidden">What is shown of the console</legend>
        <Button aria-pressed={!recorded} onClick={() => setRecorded(false)}>
          Live
        </Button>
        <Button aria-pressed={recorded} onClick={() => setRecorded(true)}>
          Recorded
        </Button>
      </fieldset>
      {recorded ? <RecordedConsole name={name} /> : <LiveConsole name={name} />}
    </div>
  );
}
