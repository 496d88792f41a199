import styles from './skeleton.module.css';

/** Grey lines where text will be. @param label what is being loaded, for screen readers */
export function Skeleton({ lines = 3, label = 'Loading' }: { lines?: number; label?: string }) {
  return (
    <div className={styles.lines} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, at) => `line-${at}`).map((key) => (
        <span key={key} className={styles.line} />
      ))}
    </div>
  );
}
