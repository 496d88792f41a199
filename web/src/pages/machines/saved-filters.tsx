import { useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { Menu, MenuItem, MenuLabel, MenuLine } from '../../components/menu.tsx';
import { useStored } from '../../hooks/use-stored.ts';

interface Saved {
  name: string;
  filter: string;
}

/** Everybody has these; more are saved in the browser. */
const given: readonly Saved[] = [
  { name: 'Waiting for approval', filter: 'phase:New approved:false' },
  { name: 'Late', filter: 'late:True' },
  { name: 'Not ready', filter: 'ready:False' },
  { name: 'Power unknown', filter: 'power:Unknown' },
];

function parseSaved(raw: unknown): Saved[] | undefined {
  if (!Array.isArray(raw)) return undefined;
  return raw.filter(
    (each): each is Saved => typeof each?.name === 'string' && typeof each?.filter === 'string',
  );
}

/** Filters by name, in this browser. */
export function SavedFilters({ filter, onChoose }: { filter: string; onChoose(filter: string): void }) {
  const [saved, setSaved] = useStored<Saved[]>('machines.filters', [], parseSaved);
  const [name, setName] = useState<string>();
  const item = (each: Saved) => (
    <MenuItem key={each.name} hint={each.filter} onSelect={() => onChoose(each.filter)}>
      {each.name}
    </MenuItem>
  );
  const save = (): void => {
    if (name === undefined || name.trim() === '') return;
    setSaved([...saved.filter((each) => each.name !== name.trim()), { name: name.trim(), filter }]);
    setName(undefined);
  };
  return (
    <>
      <Menu trigger={<Button icon="star">Saved</Button>}>
        {given.map(item)}
        {saved.length === 0 ? undefined : <MenuLabel>Yours</MenuLabel>}
        {saved.map(item)}
        <MenuLine />
        <MenuItem icon="allocate" disabled={filter === ''} onSelect={() => setName('')}>
          Save this filter
        </MenuItem>
        {saved
          .filter((each) => each.filter === filter)
          .map((each) => (
            <MenuItem
              key={each.name}
              icon="trash"
              onSelect={() => setSaved(saved.filter((other) => other !== each))}
            >
              Forget “{each.name}”
            </MenuItem>
          ))}
      </Menu>
      <Dialog
        open={name !== undefined}
        onOpenChange={() => setName(undefined)}
        title="Save this filter"
        description="It is kept in this browser."
        actions={
          <Button look="primary" disabled={name?.trim() === ''} onClick={save}>
            Save
          </Button>
        }
      >
        <TextField label="Name" value={name ?? ''} onChange={(event) => setName(event.target.value)} />
        <code>{filter}</code>
      </Dialog>
    </>
  );
}
