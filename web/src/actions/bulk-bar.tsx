import { useState } from 'react';
import type { Machine } from '../../../src/api/machine/schema.ts';
import type { ActionName } from '../../../src/domain/lifecycle/actions.ts';
import { useForbidden } from '../api/rights.ts';
import { Button, IconButton } from '../components/button.tsx';
import { GuardedButton } from '../components/guarded-button.tsx';
import { Menu, MenuItem } from '../components/menu.tsx';
import { ActionDialog } from './action-dialog.tsx';
import styles from './bulk-bar.module.css';
import { catalog, entryOf, refusalOf } from './catalog.ts';

/** Actions that have a button of their own. */
const inBar: readonly ActionName[] = ['Commission', 'PowerOn', 'PowerOff'];

export interface BulkBarProps {
  selected: readonly string[];
  /** Machines whose state is known here. */
  known: readonly Machine[];
  /** How many fit the filter, loaded or not. */
  total: number;
  onSelectAll(): void;
  isSelectingAll: boolean;
  onClear(): void;
}

/** What can be done with all that is selected; there when something is. */
export function BulkBar({ selected, known, total, onSelectAll, isSelectingAll, onClear }: BulkBarProps) {
  const [action, setAction] = useState<ActionName>();
  const forbidden = useForbidden('create', 'machine-actions');
  if (selected.length === 0) return undefined;
  const machines = known.filter(({ metadata }) => selected.includes(metadata.name));
  const able = (each: ActionName): number =>
    machines.filter((machine) => refusalOf(each, machine) === undefined).length +
    selected.length -
    machines.length;
  return (
    <section className={styles.bar} aria-label="Selected machines">
      <span className={styles.count} role="status">
        {selected.length} selected
      </span>
      {selected.length < total ? (
        <Button size="small" look="plain" busy={isSelectingAll} onClick={onSelectAll}>
          Select all {total}
        </Button>
      ) : undefined}
      <span className={styles.own}>
        {inBar.map((each) => (
          <GuardedButton
            key={each}
            icon={entryOf(each).icon}
            disabledBecause={forbidden}
            onClick={() => setAction(each)}
          >
            {entryOf(each).label}
          </GuardedButton>
        ))}
      </span>
      <Menu trigger={<Button icon="more">Actions</Button>}>
        {catalog.map(({ action: each, label, icon, danger }) => (
          <MenuItem
            key={each}
            icon={icon}
            danger={danger === true}
            disabled={able(each) === 0 || forbidden !== undefined}
            hint={
              able(each) === selected.length
                ? undefined
                : `${able(each)} of ${selected.length} would take it up`
            }
            onSelect={() => setAction(each)}
          >
            {label}
          </MenuItem>
        ))}
      </Menu>
      <IconButton icon="close" label="Select nothing" onClick={onClear} />
      {action === undefined ? undefined : (
        <ActionDialog
          action={action}
          names={selected}
          known={machines}
          onClose={() => setAction(undefined)}
        />
      )}
    </section>
  );
}
