import type { Condition } from '../../../src/api/fields.ts';
import { wordsOf } from '../format/phase.ts';
import { Badge, type Tone } from './badge.tsx';
import { RelativeTime } from './relative-time.tsx';
import { Table } from './table.tsx';

/** Conditions of which `True` is bad news. */
const adverse = ['Stalled', 'HardwareChanged'];

/** The condition of that type. */
export function conditionOf(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The colour of a condition: what it should be is green; one that may go by itself is no alarm. */
export function conditionTone({ type, status }: Pick<Condition, 'type' | 'status'>): Tone {
  if (status === 'Unknown') return 'quiet';
  if (type === 'Late') return status === 'True' ? 'warn' : 'quiet';
  if (type === 'Reconciling') return status === 'True' ? 'busy' : 'quiet';
  return (status === 'True') === !adverse.includes(type) ? 'ok' : 'bad';
}

/** Whether an object is ready, in a word; the message is in the tooltip. */
export function ReadyBadge({ conditions }: { conditions: readonly Condition[] | undefined }) {
  const ready = conditionOf(conditions, 'Ready');
  if (ready === undefined) return <Badge>Not looked at yet</Badge>;
  return (
    <span title={ready.message}>
      <Badge tone={conditionTone(ready)}>{ready.status === 'True' ? 'Ready' : wordsOf(ready.reason)}</Badge>
    </span>
  );
}

/** All conditions of an object. */
export function Conditions({ of: conditions = [] }: { of: readonly Condition[] | undefined }) {
  return (
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
        { id: 'status', title: 'Status', cell: ({ status }) => status },
        {
          id: 'reason',
          title: 'Why',
          cell: ({ reason, message }) => (message === '' ? wordsOf(reason) : message),
        },
        {
          id: 'since',
          title: 'Since',
          cell: ({ lastTransitionTime }) => <RelativeTime at={lastTransitionTime} />,
        },
      ]}
    />
  );
}
