import type { Machine } from '../../../../../src/api/machine/schema.ts';
import { adviceOn } from '../../../../../src/domain/lifecycle/advice.ts';
import { Badge } from '../../../components/badge.tsx';
import { Card } from '../../../components/card.tsx';
import { conditionTone } from '../../../components/conditions.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';
import { Table } from '../../../components/table.tsx';
import { wordsOf } from '../../../format/phase.ts';
import styles from '../grid.module.css';

/** What the programs say of the machine, and what to do about what is not as it should be. */
export function ConditionsCard({ machine: { status } }: { machine: Machine }) {
  const conditions = status?.conditions ?? [];
  return (
    <Card title="Conditions" flush>
      <Table
        label="Conditions"
        rows={conditions}
        keyOf={({ type }) => type}
        columns={[
          {
            id: 'type',
            title: 'Condition',
            cell: (condition) => <Badge tone={conditionTone(condition)}>{wordsOf(condition.type)}</Badge>,
          },
          { id: 'status', title: 'Status', cell: ({ status: state }) => state },
          {
            id: 'reason',
            title: 'Why',
            cell: ({ reason, message }) => (
              <>
                {message === '' ? wordsOf(reason) : message}
                {adviceOn(reason) === undefined ? undefined : (
                  <div className={styles.quiet}>What to do: {adviceOn(reason)}.</div>
                )}
              </>
            ),
          },
          {
            id: 'since',
            title: 'Since',
            cell: ({ lastTransitionTime }) => <RelativeTime at={lastTransitionTime} />,
          },
        ]}
      />
    </Card>
  );
}
