import { Link } from '@tanstack/react-router';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import { Icon } from '../../components/icon.tsx';
import { PhaseBadge } from '../../components/phase-badge.tsx';
import { wordsOf } from '../../format/phase.ts';
import styles from './cells.module.css';

/** Its name, with a mark when it is locked or in maintenance. */
export function NameCell({ machine }: { machine: Machine }) {
  const { metadata, spec, status } = machine;
  const isLocked = spec.locked || status?.locked === true;
  return (
    <span className={styles.name}>
      <Link to="/machines/$name" params={{ name: metadata.name }} tabIndex={-1}>
        {metadata.name}
      </Link>
      {isLocked ? (
        <span className={styles.mark} title="Locked">
          <Icon name="lock" />
          <span className="visually-hidden">locked</span>
        </span>
      ) : undefined}
      {spec.maintenance ? <span className={styles.note}>maintenance</span> : undefined}
    </span>
  );
}

/** Its phase, and why it failed, or how far it is, or that it is late. */
export function PhaseCell({ machine: { status } }: { machine: Machine }) {
  return (
    <span className={styles.phase}>
      <PhaseBadge phase={status?.phase} />
      <PhaseNote status={status} />
    </span>
  );
}

function PhaseNote({ status }: { status: Machine['status'] }) {
  const late = status?.conditions?.find(({ type, status: state }) => type === 'Late' && state === 'True');
  if (status?.failure !== undefined)
    return <span className={styles.bad}>{wordsOf(status.failure.reason)}</span>;
  if (late !== undefined)
    return <span className={styles.late}>late: {wordsOf(status?.timeline?.awaited ?? late.reason)}</span>;
  if (status?.timeline?.awaited === undefined) return undefined;
  const percent = status.taskResult?.percent;
  return (
    <span className={styles.note}>
      {wordsOf(status.timeline.awaited)}
      {percent === undefined ? '' : ` ${percent} %`}
    </span>
  );
}

export function PowerCell({ state }: { state: 'On' | 'Off' | 'Unknown' | undefined }) {
  const known = state ?? 'Unknown';
  return (
    <span className={styles.power} data-state={known}>
      <Icon name="power" />
      {known === 'Unknown' ? '?' : known}
    </span>
  );
}
