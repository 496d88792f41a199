import { useState } from 'react';
import type { Machine } from '../../../../src/api/machine/schema.ts';
import type { ActionName } from '../../../../src/domain/lifecycle/actions.ts';
import { ActionDialog } from '../../actions/action-dialog.tsx';
import { catalog, entryOf, refusalOf } from '../../actions/catalog.ts';
import { useForbidden } from '../../api/rights.ts';
import { Button } from '../../components/button.tsx';
import { GuardedButton } from '../../components/guarded-button.tsx';
import { Menu, MenuItem } from '../../components/menu.tsx';
import { Approve } from './approve.tsx';

/** The action that is most likely wanted in a phase. */
function likelyAction({ spec, status }: Machine): ActionName {
  const phase = status?.phase;
  if (phase === 'New' || phase === 'CommissioningFailed') return 'Commission';
  if (phase === 'Broken') return 'MarkFixed';
  if (phase === 'Rescue' || phase === 'RescueExitFailed') return 'ExitRescue';
  if (phase === 'TestingFailed') return 'Test';
  if (phase === 'ReleaseFailed' || phase === 'EraseFailed') return 'Release';
  if (spec.bmc !== undefined && status?.powerState === 'On') return 'PowerOff';
  return 'PowerOn';
}

/** What can be done with the machine: the likely thing as a button, all else in a menu, with why it would be refused. */
export function MachineActions({ machine }: { machine: Machine }) {
  const [action, setAction] = useState<ActionName>();
  const forbidden = useForbidden('create', 'machine-actions');
  const likely = likelyAction(machine);
  const { icon, label } = entryOf(likely);
  return (
    <>
      <Approve machine={machine} />
      <GuardedButton
        icon={icon}
        disabledBecause={forbidden ?? refusalOf(likely, machine)}
        onClick={() => setAction(likely)}
      >
        {label}
      </GuardedButton>
      <Menu trigger={<Button icon="down">Actions</Button>}>
        {catalog.map((entry) => {
          const refusal = forbidden ?? refusalOf(entry.action, machine);
          return (
            <MenuItem
              key={entry.action}
              icon={entry.icon}
              danger={entry.danger === true}
              disabled={refusal !== undefined}
              hint={refusal}
              onSelect={() => setAction(entry.action)}
            >
              {entry.label}
            </MenuItem>
          );
        })}
      </Menu>
      {action === undefined ? undefined : (
        <ActionDialog
          action={action}
          names={[machine.metadata.name]}
          known={[machine]}
          onClose={() => setAction(undefined)}
        />
      )}
    </>
  );
}
