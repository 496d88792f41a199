import { useWatchState } from '../api/watch/provider.tsx';
import styles from './live-state.module.css';

const words = {
  connecting: 'Connecting',
  live: 'Live',
  retrying: 'Reconnecting',
  'signed-out': 'Signed out',
} as const;

/** Whether what is on the screen is as the server knows it now. */
export function LiveState() {
  const state = useWatchState();
  return (
    <span className={styles.state} data-state={state} role="status" title={words[state]}>
      <span className={styles.dot} aria-hidden="true" />
      <span className={styles.word}>{words[state]}</span>
    </span>
  );
}
