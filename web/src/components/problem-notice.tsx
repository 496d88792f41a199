import { problemOf } from '../api/problem.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import styles from './problem-notice.module.css';

/** What went wrong, in the server's words, with the fields that are wrong. */
export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, detail, errors = [], requestId } = problemOf(error);
  return (
    <div className={styles.notice} role="alert">
      <Icon name="warning" />
      <div className={styles.text}>
        <p className={styles.title}>{title}</p>
        {detail === title ? undefined : <p>{detail}</p>}
        {errors.length === 0 ? undefined : (
          <ul>
            {errors.map(({ field, message }) => (
              <li key={`${field} ${message}`}>
                <code>{field.replace(/^body\./, '')}</code> {message}
              </li>
            ))}
          </ul>
        )}
        {requestId === undefined ? undefined : <p className={styles.id}>Request {requestId}</p>}
      </div>
      {onRetry === undefined ? undefined : (
        <Button size="small" icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
