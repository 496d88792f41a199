import { useNavigate } from '@tanstack/react-router';
import { useTable } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import { useIsPhone } from '../../hooks/use-media.ts';
import { columnIds, columns as definitions, features, lookOf } from './columns.tsx';
import { layOut, moveFocus } from './lay-out.ts';
import { ListHead } from './list-head.tsx';
import { ListLine } from './list-line.tsx';
import styles from './machine-list.module.css';
import type { View } from './view.ts';

export interface MachineListProps {
  view: View;
  onSort(sort: string): void;
  columns: readonly string[];
  machines: Machine[];
  /** On the server, loaded or not. */
  total: number;
  selected: readonly string[];
  onSelect(names: string[]): void;
  hasMore: boolean;
  onMore(): void;
}

/** Heights of lines in pixels; machine-list.module.css has the same. */
const heights = { row: 36, card: 92, group: 34 } as const;
/** Lines beyond the window that are drawn, and how far before the end more are asked for. */
const overscan = 12;
const askBefore = 30;

/** A long list of which only what is in the window is drawn. Arrows move, Enter opens, Space selects. */
export function MachineList(props: MachineListProps) {
  const { view, machines, total, selected, onSelect, hasMore, onMore } = props;
  const isPhone = useIsPhone();
  const navigate = useNavigate();
  const place = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(0);
  const [margin, setMargin] = useState(0);
  const lines = useMemo(() => layOut(machines, view.group), [machines, view.group]);

  // A new object would be a new state to the table, and that a new drawing, without end.
  const state = useMemo(
    () => ({
      columnVisibility: Object.fromEntries(
        columnIds.map((id) => [id, id === 'name' || props.columns.includes(id)]),
      ),
      rowSelection: selectionOf(selected),
    }),
    [props.columns, selected],
  );
  const table = useTable({
    features,
    columns: definitions,
    data: machines,
    getRowId: ({ metadata }) => metadata.name,
    state,
    onRowSelectionChange: (change) => {
      const before = selectionOf(selected);
      const after = typeof change === 'function' ? change(before) : change;
      onSelect(Object.keys(after).filter((name) => after[name] === true));
    },
  });
  const rows = table.getRowModel().rows;
  const shown = table.getVisibleLeafColumns().map(({ id }) => id);
  const template = `2.25rem ${shown.map((id) => lookOf(id).width).join(' ')}`;

  // All places are worked out anew when this is another function: with every pixel of scrolling, if it were made here.
  const keyOf = useCallback((at: number) => lines[at]?.key ?? at, [lines]);
  const virtualizer = useWindowVirtualizer({
    count: lines.length,
    estimateSize: (at) =>
      lines[at]?.kind === 'group' ? heights.group : isPhone ? heights.card : heights.row,
    getItemKey: keyOf,
    overscan,
    scrollMargin: margin,
    // Below the bar and the heads of the columns.
    scrollPaddingStart: 90,
    scrollPaddingEnd: 80,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights are other ones then
  useEffect(() => virtualizer.measure(), [isPhone, virtualizer]);
  useLayoutEffect(() => {
    const top = (place.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    setMargin((before) => (Math.abs(before - top) < 1 ? before : top));
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= lines.length - askBefore) onMore();
  }, [hasMore, last, lines.length, onMore]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const line = lines[focused];
    const isOnRow = event.target instanceof HTMLElement && event.target.getAttribute('role') === 'row';
    const target = moveFocus(lines, focused, event.key, 15);
    if (target !== undefined) {
      event.preventDefault();
      setFocused(target);
      virtualizer.scrollToIndex(target);
      requestAnimationFrame(() =>
        place.current?.querySelector<HTMLElement>(`[data-line="${target}"]`)?.focus(),
      );
    } else if (isOnRow && line?.kind === 'machine' && event.key === 'Enter') {
      void navigate({ to: '/machines/$name', params: { name: line.machine.metadata.name } });
    } else if (isOnRow && line?.kind === 'machine' && event.key === ' ') {
      event.preventDefault();
      rows[line.index]?.toggleSelected();
    }
  };
  const focusable =
    lines[focused]?.kind === 'machine' ? focused : lines.findIndex(({ kind }) => kind === 'machine');

  return (
    <div
      className={styles.list}
      role="grid"
      tabIndex={-1}
      aria-label="Machines"
      aria-rowcount={total + 1}
      aria-multiselectable="true"
      onKeyDown={onKeyDown}
    >
      <ListHead
        columns={shown}
        template={template}
        sort={view.sort}
        onSort={props.onSort}
        checked={
          table.getIsAllRowsSelected() ? true : table.getIsSomeRowsSelected() ? 'indeterminate' : false
        }
        onCheck={(checked) => table.toggleAllRowsSelected(checked)}
      />
      <div
        ref={place}
        className={styles.lines}
        role="rowgroup"
        style={{ height: virtualizer.getTotalSize() }}
      >
        {items.map(({ index, key, start }) => {
          const line = lines[index];
          if (line === undefined) return undefined;
          return (
            <ListLine
              key={key}
              line={line}
              index={index}
              grouping={view.group}
              top={start - margin}
              template={template}
              row={line.kind === 'machine' ? rows[line.index] : undefined}
              isCard={isPhone}
              isFocusable={index === focusable}
              isSelected={line.kind === 'machine' && state.rowSelection[line.key] === true}
              onFocus={setFocused}
            />
          );
        })}
      </div>
      {hasMore ? <p className={styles.more}>{`${machines.length} of ${total} loaded`}</p> : undefined}
    </div>
  );
}

/** Names as the table has them. */
function selectionOf(names: readonly string[]): Record<string, true> {
  return Object.fromEntries(names.map((name) => [name, true as const]));
}
