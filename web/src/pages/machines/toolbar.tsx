import { Button } from '../../components/button.tsx';
import { Menu, MenuCheck, MenuChoice, MenuItem, MenuLabel } from '../../components/menu.tsx';
import { columnIds, defaultColumns, lookOf } from './columns.tsx';
import { FilterBox } from './filter-box.tsx';
import { SavedFilters } from './saved-filters.tsx';
import styles from './toolbar.module.css';
import { type Grouping, groupings, type View } from './view.ts';

export interface ToolbarProps {
  view: View;
  onChange(part: Partial<View>): void;
  columns: readonly string[];
  onColumns(columns: string[]): void;
}

/** What the list shows, and how. */
export function Toolbar({ view, onChange, columns, onColumns }: ToolbarProps) {
  const isGrouping = (value: string): value is Grouping => value in groupings;
  return (
    <search className={styles.bar} aria-label="Machines">
      <FilterBox value={view.filter} onChange={(filter) => onChange({ filter })} />
      <SavedFilters filter={view.filter} onChoose={(filter) => onChange({ filter })} />
      <Menu
        trigger={
          <Button icon="racks">
            {view.group === 'none' ? 'Group' : `By ${groupings[view.group].toLowerCase()}`}
          </Button>
        }
      >
        <MenuChoice
          value={view.group}
          options={groupings}
          onChange={(group) => {
            if (isGrouping(group)) onChange({ group });
          }}
        />
      </Menu>
      <div className={styles.columns}>
        <Menu trigger={<Button icon="columns">Columns</Button>}>
          <MenuLabel>Columns</MenuLabel>
          {columnIds
            .filter((id) => id !== 'name')
            .map((id) => (
              <MenuCheck
                key={id}
                checked={columns.includes(id)}
                onChange={(checked) =>
                  onColumns(columnIds.filter((each) => (each === id ? checked : columns.includes(each))))
                }
              >
                {lookOf(id).title}
              </MenuCheck>
            ))}
          <MenuItem icon="refresh" onSelect={() => onColumns([...defaultColumns])}>
            As it was
          </MenuItem>
        </Menu>
      </div>
    </search>
  );
}
