import { useQuery } from '@tanstack/react-query';
import { FlexRender, type Row } from '@tanstack/react-table';
import { memo } from 'react';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import { countsQuery } from '../../api/queries.ts';
import { Checkbox } from '../../components/checkbox.tsx';
import { classes } from '../../components/classes.ts';
import { phaseWords } from '../../format/phase.ts';
import { memorySize } from '../../format/size.ts';
import { NameCell, PhaseCell, PowerCell } from './cells.tsx';
import { type features, lookOf } from './columns.tsx';
import type { Line } from './lay-out.ts';
import styles from './machine-list.module.css';
import type { Grouping } from './view.ts';

export interface ListLineProps {
  line: Line;
  index: number;
  grouping: Grouping;
  /** From the top of the list, in pixels. */
  top: number;
  template: string;
  row: Row<typeof features, Machine> | undefined;
  isCard: boolean;
  /** The one line that the Tab key stops at. */
  isFocusable: boolean;
  isSelected: boolean;
  onFocus(index: number): void;
}

/**
 * One line of the list, where it belongs: a heading of a group, a row, or on a phone a card. While the list is scrolled, and when more
 * of it comes, only lines that come into the window are drawn.
 */
export const ListLine = memo(LineOfList, looksTheSame);

const compared = [
  'index',
  'grouping',
  'top',
  'template',
  'isCard',
  'isFocusable',
  'isSelected',
  'onFocus',
] as const;

/** Lines and rows of the table are new ones whenever the list is longer, and say the same of the same machine. */
function looksTheSame(before: ListLineProps, after: ListLineProps): boolean {
  const { line, row } = after;
  const isSameLine =
    line.kind === 'machine'
      ? before.line.kind === 'machine' &&
        before.line.machine === line.machine &&
        before.line.index === line.index
      : before.line.kind === 'group' && before.line.label === line.label;
  const hadRow = before.row !== undefined;
  return (
    isSameLine && hadRow === (row !== undefined) && compared.every((name) => before[name] === after[name])
  );
}

function LineOfList({
  line,
  index,
  grouping,
  top,
  template,
  row,
  isCard,
  isFocusable,
  isSelected,
  onFocus,
}: ListLineProps) {
  return (
    <div className={styles.line} role="presentation" style={{ transform: `translateY(${top}px)` }}>
      {line.kind === 'group' ? (
        <GroupLine label={line.label} grouping={grouping} />
      ) : (
        <div
          className={isCard ? styles.card : styles.row}
          role="row"
          tabIndex={isFocusable ? 0 : -1}
          data-line={index}
          aria-rowindex={line.index + 2}
          aria-selected={isSelected}
          onFocus={() => onFocus(index)}
          style={isCard ? {} : { gridTemplateColumns: template }}
        >
          <div role="gridcell" className={styles.check}>
            <Checkbox
              label={`Select ${line.machine.metadata.name}`}
              checked={isSelected}
              onChange={(checked) => row?.toggleSelected(checked)}
              tabIndex={-1}
            />
          </div>
          {isCard ? (
            <CardCell machine={line.machine} />
          ) : (
            row?.getVisibleCells().map((cell) => (
              <div
                key={cell.id}
                role="gridcell"
                className={classes(styles.cell, lookOf(cell.column.id).figures === true && styles.figures)}
              >
                <FlexRender cell={cell} />
              </div>
            ))
          )}
        </div>
      )}
    </div>
  );
}

function CardCell({ machine }: { machine: Machine }) {
  const { spec, status } = machine;
  const { cores, memoryMiB } = status?.hardware ?? {};
  const size =
    cores === undefined || memoryMiB === undefined ? undefined : `${cores} cores, ${memorySize(memoryMiB)}`;
  return (
    <div role="gridcell" className={styles.inside}>
      <div>
        <NameCell machine={machine} />
        <PowerCell state={status?.powerState} />
      </div>
      <div>
        <PhaseCell machine={machine} />
        <code className={styles.small}>{status?.addresses?.[0]?.address}</code>
      </div>
      <span className={styles.small}>
        {[spec.pool, spec.zone, size, status?.allocation?.name]
          .filter((part) => part !== undefined)
          .join(' · ')}
      </span>
    </div>
  );
}

function GroupLine({ label, grouping }: { label: string; grouping: Grouping }) {
  const { data } = useQuery(countsQuery);
  const counts: Readonly<Record<Grouping, Record<string, number> | undefined>> = {
    none: undefined,
    phase: data?.machines.byPhase,
    pool: data?.machines.byPool,
    zone: data?.machines.byZone,
  };
  return (
    <div role="row" className={styles.group}>
      <div role="gridcell">
        {grouping === 'phase' ? phaseWords(label) : label} <span>{counts[grouping]?.[label]} in all</span>
      </div>
    </div>
  );
}
