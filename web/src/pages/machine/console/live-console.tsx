import { lazy, Suspense, useEffect, useReducer, useRef, useState } from 'react';
import { Badge } from '../../../components/badge.tsx';
import { Button } from '../../../components/button.tsx';
import { Skeleton } from '../../../components/skeleton.tsx';
import { type ConsoleConnection, connectConsole } from './connect.ts';
import styles from './console.module.css';
import { afterEvent, type ConsoleState, consoleWords, unconnected } from './state.ts';
import type { TerminalHandle } from './terminal.tsx';

const TerminalView = lazy(() => import('./terminal.tsx'));

/** What the machine says on its serial console, and a way to answer. */
export function LiveConsole({ name }: { name: string }) {
  const [terminal, setTerminal] = useState<TerminalHandle>();
  const [bootLog, setBootLog] = useState(false);
  /** Connections so far: another one begins with another number. */
  const [attempt, setAttempt] = useState(0);
  const [state, dispatch] = useReducer(afterEvent, unconnected);
  const connection = useRef<ConsoleConnection>(undefined);
  const leave = useRef<HTMLButtonElement>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another connection
  useEffect(() => {
    if (terminal === undefined) return;
    terminal.clear();
    const opened = connectConsole(name, bootLog, { onEvent: dispatch, onBytes: terminal.write });
    connection.current = opened;
    return () => {
      connection.current = undefined;
      opened.close();
    };
  }, [name, bootLog, attempt, terminal]);

  return (
    <section className={styles.console} aria-label={`Console of ${name}`}>
      <div className={styles.bar}>
        <ConsoleStatus state={state} />
        <div className={styles.buttons}>
          {state.connection === 'closed' ? (
            <Button icon="refresh" onClick={() => setAttempt(attempt + 1)}>
              Connect again
            </Button>
          ) : undefined}
          {state.connection === 'open' &&
          (!state.types || state.line === 'InUse') &&
          state.kind !== 'BootLog' ? (
            <Button onClick={() => connection.current?.ask({ type: 'TakeOver' })}>Take over</Button>
          ) : undefined}
          {state.types ? (
            <Button onClick={() => connection.current?.ask({ type: 'Break' })}>Send BREAK</Button>
          ) : undefined}
          <Button ref={leave} aria-pressed={bootLog} onClick={() => setBootLog(!bootLog)}>
            Boot log
          </Button>
        </div>
      </div>
      {state.message === undefined ? undefined : (
        <p className={styles.message} role="status">
          {state.message}
        </p>
      )}
      <Suspense fallback={<Skeleton lines={12} label="Loading the terminal" />}>
        <TerminalView
          label={`Keyboard of ${name}`}
          onReady={setTerminal}
          onText={(text) => connection.current?.type(text)}
          onBinary={(binary) => connection.current?.typeBytes(binary)}
          onLeave={() => leave.current?.focus()}
        />
      </Suspense>
      <p className={styles.hint}>
        Every key goes to the machine, <kbd>Tab</kbd> too: <kbd>Ctrl F6</kbd> leaves.
      </p>
    </section>
  );
}

function ConsoleStatus({ state }: { state: ConsoleState }) {
  const { words, tone } = consoleWords(state);
  const { types, holder, rack, connection } = state;
  return (
    <p className={styles.status} role="status">
      <Badge tone={tone}>{words}</Badge>
      {rack === undefined ? undefined : <span className={styles.quiet}>by {rack}</span>}
      {connection !== 'open' ? undefined : (
        <span>
          {types ? 'You type.' : holder === undefined ? 'You look on.' : `${holder} types; you look on.`}
        </span>
      )}
    </p>
  );
}
