import type { ReactNode } from 'react';
import styles from './table.module.css';

export interface Column<T> {
  id: string;
  title: string;
  /** Figures stand at the right. */
  figures?: boolean;
  cell(row: T): ReactNode;
}

export interface TableProps<T> {
  /** What it is a table of, for screen readers. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf(row: T): string;
}

/** A plain table for some dozens of rows; on a phone each row is a card. Long lists have their own, see pages/machines. */
export function Table<T>({ label, columns, rows, keyOf }: TableProps<T>) {
  return (
    <table className={styles.table} aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ id, title, figures }) => (
            <th key={id} scope="col" data-figures={figures}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ id, title, figures, cell }) => (
              <td key={id} data-title={title} data-figures={figures}>
                <div className={styles.value}>{cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
