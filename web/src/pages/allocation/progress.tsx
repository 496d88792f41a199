import type { Allocation } from '../../../../src/api/allocation/schema.ts';
import { Icon } from '../../components/icon.tsx';
import styles from './allocation.module.css';

const steps = [
  { phase: 'Pending', label: 'A machine is found' },
  { phase: 'Bound', label: 'It is prepared' },
  { phase: 'Deploying', label: 'The image is installed' },
  { phase: 'Deployed', label: 'The system runs' },
] as const;

/** The way of an Allocation, and where it is on it. */
export function Progress({ allocation: { metadata, status } }: { allocation: Allocation }) {
  const { phase = 'Pending' } = status ?? {};
  if (phase === 'Releasing' || metadata.deletionTimestamp !== undefined) {
    return <p>It is being released: the machine is switched off and its disks are erased.</p>;
  }
  const reached = phase === 'Failed' ? steps.length - 2 : steps.findIndex((step) => step.phase === phase);
  const isDone = phase === 'Deployed';
  return (
    <ol className={styles.steps}>
      {steps.map(({ phase: step, label }, at) => {
        const state =
          at < reached || isDone ? 'done' : at > reached ? 'ahead' : phase === 'Failed' ? 'failed' : 'now';
        return (
          <li
            key={step}
            className={styles.step}
            data-state={state}
            {...(state === 'now' && { 'aria-current': 'step' })}
          >
            <span className={styles.dot}>
              {state === 'done' ? <Icon name="check" /> : state === 'failed' ? <Icon name="close" /> : at + 1}
            </span>
            {label}
          </li>
        );
      })}
    </ol>
  );
}
