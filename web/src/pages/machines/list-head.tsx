import { Checkbox } from '../../components/checkbox.tsx';
import { classes } from '../../components/classes.ts';
import { Icon } from '../../components/icon.tsx';
import { lookOf } from './columns.tsx';
import styles from './machine-list.module.css';
import { nextSort } from './view.ts';

export interface ListHeadProps {
  columns: readonly string[];
  /** Widths of the columns, as CSS has them. */
  template: string;
  sort: string;
  onSort(sort: string): void;
  checked: boolean | 'indeterminate';
  onCheck(checked: boolean): void;
}

/** The heads of the columns: a click sorts, at the server. */
export function ListHead({ columns, template, sort, onSort, checked, onCheck }: ListHeadProps) {
  return (
    <div role="rowgroup">
      <div className={styles.head} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
        <div role="columnheader">
          <Checkbox label="Select all that are loaded" checked={checked} onChange={onCheck} />
        </div>
        {columns.map((id) => (
          <Head key={id} id={id} sort={sort} onSort={onSort} />
        ))}
      </div>
    </div>
  );
}

function Head({ id, sort, onSort }: { id: string; sort: string; onSort(sort: string): void }) {
  const { title, sort: field, figures } = lookOf(id);
  const direction = sort === field ? 'ascending' : sort === `-${field}` ? 'descending' : 'none';
  return (
    <div
      role="columnheader"
      className={classes(styles.title, figures === true && styles.figures)}
      {...(field === undefined ? {} : { 'aria-sort': direction })}
    >
      {field === undefined ? (
        title
      ) : (
        <button type="button" onClick={() => onSort(nextSort(sort, field))}>
          {title}
          {direction === 'none' ? undefined : <Icon name={direction === 'ascending' ? 'up' : 'down'} />}
        </button>
      )}
    </div>
  );
}
