import { diffLines, foldSame } from '../format/diff.ts';
import { classes } from './classes.ts';
import styles from './diff.module.css';

const marks = { same: ' ', gone: '−', new: '+' } as const;
const words = { same: undefined, gone: 'removed', new: 'added' } as const;

/** What makes one text of another; what stays the same is folded. */
export function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  const lines = diffLines(before, after);
  if (lines.every(({ kind }) => kind === 'same')) return <p className={styles.none}>No difference.</p>;
  const keyed = foldSame(lines).map((line, at) => ({ key: `${at} ${line?.text ?? ''}`, line }));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section className={styles.diff} aria-label={label} tabIndex={0}>
      {keyed.map(({ key, line }) => (
        <div key={key} className={classes(styles.line, line !== undefined && styles[line.kind])}>
          <span aria-hidden="true">{line === undefined ? '' : marks[line.kind]}</span>
          {line === undefined ? (
            <span className={styles.fold}>⋯</span>
          ) : (
            <span>
              {words[line.kind] === undefined ? undefined : (
                <span className="visually-hidden">{words[line.kind]}: </span>
              )}
              {line.text}
            </span>
          )}
        </div>
      ))}
    </section>
  );
}
