import type { Machine } from '../../../../../src/api/machine/schema.ts';
import { adviceOn } from '../../../../../src/domain/lifecycle/advice.ts';
import { Icon } from '../../../components/icon.tsx';
import { wordsOf } from '../../../format/phase.ts';
import styles from './trouble-card.module.css';

/** Why the machine failed or waits, and what a person can do about it. */
export function TroubleCard({ machine: { status } }: { machine: Machine }) {
  const late = status?.conditions?.find(({ type, status: state }) => type === 'Late' && state === 'True');
  const trouble = status?.failure ?? late;
  if (trouble === undefined) return undefined;
  const advice = adviceOn(trouble.reason);
  return (
    <section className={styles.card} aria-label="What is wrong" data-tone={late === trouble ? 'warn' : 'bad'}>
      <Icon name="warning" />
      <div>
        <h2>{wordsOf(trouble.reason)}</h2>
        <p>{trouble.message}</p>
        {advice === undefined ? undefined : (
          <p className={styles.advice}>
            <strong>What to do:</strong> {advice}.
          </p>
        )}
      </div>
    </section>
  );
}
