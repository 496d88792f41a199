import { Link } from '@tanstack/react-router';
import { Card } from '../../components/card.tsx';
import { Meter } from '../../components/meter.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import styles from './allocate.module.css';
import type { Preview } from './preview.ts';

/** How many machines fit, and what took the others out. */
export function FitPanel({ preview, error }: { preview: Preview | undefined; error: unknown }) {
  return (
    <Card title="What fits now">
      {preview === undefined ? (
        error === null ? (
          <Skeleton lines={4} label="Asking the scheduler" />
        ) : (
          <ProblemNotice error={error} />
        )
      ) : (
        <Fit preview={preview} />
      )}
    </Card>
  );
}

function Fit({ preview }: { preview: Preview }) {
  const { machines, fits, names, message, constraints, quotas } = preview;
  return (
    <div className={styles.fit}>
      <p className={styles.figure} role="status">
        <strong>{fits}</strong> of {machines} {machines === 1 ? 'machine fits' : 'machines fit'}
      </p>
      <Meter
        label={`${fits} of ${machines} machines fit`}
        parts={[{ share: machines === 0 ? 0 : fits / machines, tone: 'accent', title: `${fits} fit` }]}
      />
      {message === undefined ? undefined : <p className={styles.warning}>{message}</p>}
      {names === undefined || names.length === 0 ? undefined : (
        <p className={styles.names}>
          First:{' '}
          {names.map((name, at) => (
            <span key={name}>
              {at === 0 ? '' : ', '}
              <Link to="/machines/$name" params={{ name }}>
                {name}
              </Link>
            </span>
          ))}
          {fits > names.length ? ` and ${fits - names.length} more` : ''}
        </p>
      )}
      {constraints.length === 0 ? undefined : (
        <>
          <h3>Why the others do not</h3>
          <ol className={styles.constraints}>
            {constraints.map(({ constraint, removed, left, message: sentence }) => (
              <li key={constraint}>
                <span className={styles.constraint}>{constraint}</span>
                <span className={styles.removed}>
                  −{removed} <span className={styles.left}>leaves {left}</span>
                </span>
                <span className={styles.sentence}>{detailOf(sentence)}</span>
              </li>
            ))}
          </ol>
        </>
      )}
      {quotas.map((quota) => (
        <QuotaLine key={quota.name} quota={quota} />
      ))}
    </div>
  );
}

/** Of `memoryMiB >= 65536: removed 3 of 9 machines; the largest of them has 32768` what the figures do not say. */
function detailOf(sentence: string): string {
  const at = sentence.indexOf('; ');
  return at < 0 ? '' : sentence.slice(at + 2);
}

function QuotaLine({ quota: { name, pool, limits, used } }: { quota: Preview['quotas'][number] }) {
  const of = pool === undefined ? '' : ` of pool ${pool}`;
  const figures = Object.entries(limits).map(([what, limit]) => `${used[what] ?? 0}/${limit} ${what}`);
  return (
    <p className={styles.names}>
      Quota {name}
      {of}: {figures.join(', ')}
    </p>
  );
}
