import { Progress } from 'radix-ui';
import type { Machine } from '../../../../../src/api/machine/schema.ts';
import { whatOf } from '../../../../../src/domain/timeline/steps.ts';
import { Card } from '../../../components/card.tsx';
import { Facts } from '../../../components/facts.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { wordsOf } from '../../../format/phase.ts';
import styles from './progress-card.module.css';

/** What is under way on the machine, and the action that was last ordered. */
export function ProgressCard({ machine: { status } }: { machine: Machine }) {
  const running = status?.taskResult?.outcome === 'Running' ? status.taskResult : undefined;
  const awaited = status?.timeline?.awaited;
  const last = status?.action;
  return (
    <Card title="Now">
      <Facts
        of={{
          'In this phase since': <RelativeTime at={status?.phaseSince} />,
          'Waits for': awaited === undefined ? undefined : whatOf(awaited),
          Task: running && (
            <div className={styles.task}>
              <span>
                {status?.task?.kind}: {wordsOf(running.step ?? '')}
                {running.percent === undefined ? '' : `, ${running.percent} %`}
              </span>
              {running.percent === undefined ? undefined : (
                <Progress.Root
                  className={styles.track}
                  value={running.percent}
                  aria-label="Progress of the task"
                >
                  <Progress.Indicator className={styles.fill} style={{ width: `${running.percent}%` }} />
                </Progress.Root>
              )}
              <span className={styles.message}>{running.message}</span>
            </div>
          ),
          'Last action': last && (
            <>
              {wordsOf(last.action ?? 'Action')}: <strong data-outcome={last.outcome}>{last.outcome}</strong>
              <span className={styles.message}>{last.message}</span>
            </>
          ),
          'Boot generation': status?.boot?.generation,
        }}
      />
    </Card>
  );
}
