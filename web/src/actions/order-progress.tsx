import { Progress } from 'radix-ui';
import styles from './action-dialog.module.css';
import type { OrderResult } from './order.ts';

/** How far an order to many machines is, and for which of them it failed. */
export function OrderProgress({ results, all }: { results: readonly OrderResult[]; all: number }) {
  const failed = results.filter(({ problem }) => problem !== undefined);
  return (
    <div className={styles.progress}>
      <Progress.Root
        className={styles.track}
        value={results.length}
        max={all}
        aria-label="Machines that were ordered"
      >
        <Progress.Indicator className={styles.fill} style={{ width: `${(100 * results.length) / all}%` }} />
      </Progress.Root>
      <p role="status">
        {results.length - failed.length} of {all} ordered
        {failed.length > 0 ? `, ${failed.length} failed` : ''}
      </p>
      {failed.length === 0 ? undefined : (
        <ul className={styles.failed}>
          {failed.map(({ machine, problem }) => (
            <li key={machine}>
              <strong>{machine}</strong> {problem?.detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
