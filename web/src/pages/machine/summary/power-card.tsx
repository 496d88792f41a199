import { useState } from 'react';
import type { Machine } from '../../../../../src/api/machine/schema.ts';
import type { ActionName } from '../../../../../src/domain/lifecycle/actions.ts';
import { ActionDialog } from '../../../actions/action-dialog.tsx';
import { refusalOf } from '../../../actions/catalog.ts';
import { useForbidden } from '../../../api/rights.ts';
import { Badge, type Tone } from '../../../components/badge.tsx';
import { Card } from '../../../components/card.tsx';
import { Facts } from '../../../components/facts.tsx';
import { GuardedButton } from '../../../components/guarded-button.tsx';
import { RelativeTime } from '../../../components/relative-time.tsx';

const buttons = { PowerOn: 'On', PowerOff: 'Off', PowerCycle: 'Cycle', PowerStatus: 'Ask' } as const;
const tones: Readonly<Record<string, Tone>> = { On: 'ok', Off: 'quiet' };

/** Whether it is on, as its BMC last said, and the ways to change that. */
export function PowerCard({ machine }: { machine: Machine }) {
  const [action, setAction] = useState<ActionName>();
  const forbidden = useForbidden('create', 'machine-actions');
  const { spec, status } = machine;
  const { request, result } = status?.power ?? {};
  const state = status?.powerState ?? 'Unknown';
  return (
    <Card
      title="Power"
      actions={(['PowerOn', 'PowerOff', 'PowerCycle', 'PowerStatus'] as const).map((each) => (
        <GuardedButton
          key={each}
          size="small"
          disabledBecause={forbidden ?? refusalOf(each, machine)}
          onClick={() => setAction(each)}
        >
          {buttons[each]}
        </GuardedButton>
      ))}
    >
      <Facts
        of={{
          State: <Badge tone={tones[state] ?? 'warn'}>{state}</Badge>,
          Driver: spec.bmc?.driver ?? 'none: a person switches it',
          'Last order': result && (
            <>
              {request?.id === result.id ? `${request.action}: ` : ''}
              {result.outcome} <RelativeTime at={result.finishedAt ?? result.startedAt} />
            </>
          ),
          Rack: result?.rack,
          Said: result?.message,
        }}
      />
      {action === undefined ? undefined : (
        <ActionDialog
          action={action}
          names={[machine.metadata.name]}
          known={[machine]}
          onClose={() => setAction(undefined)}
        />
      )}
    </Card>
  );
}
