import type { ActionParameters } from '../../../src/api/machine-action/schema.ts';
import { SelectField, TextArea } from '../components/field.tsx';
import type { CatalogEntry } from './catalog.ts';
import type { Order } from './order.ts';

/** What was typed into the fields, as it stands there. */
export interface Answers {
  mode: 'Soft' | 'Hard';
  /** Empty: as the Allocation wanted it. */
  erase: '' | 'None' | 'Quick' | 'Full';
  /** One key a line. */
  sshKeys: string;
  message: string;
}

/** The parameters of an action from what was typed. */
export function parametersOf({ asks = [] }: CatalogEntry, answers: Answers): Pick<Order, 'parameters'> {
  const sshKeys = answers.sshKeys
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const parameters: ActionParameters = {
    ...(asks.includes('mode') ? { mode: answers.mode } : {}),
    ...(asks.includes('erase') && answers.erase !== '' ? { erase: answers.erase } : {}),
    ...(asks.includes('sshKeys') && sshKeys.length > 0 ? { sshKeys } : {}),
  };
  return Object.keys(parameters).length === 0 ? {} : { parameters };
}

const modes = {
  Soft: 'Ask the OS to switch off, then hard',
  Hard: 'At once, as by pulling the plug',
} as const;
const erasures = {
  '': 'As the Allocation wanted it',
  None: 'Do not erase the disks',
  Quick: 'Quick: what is secret or bootable',
  Full: 'Full: every block',
} as const;

/** Fields for what an action may be told. */
export function ParameterFields({
  entry,
  answers,
  onChange,
}: {
  entry: CatalogEntry;
  answers: Answers;
  onChange(answers: Answers): void;
}) {
  const { asks = [] } = entry;
  return (
    <>
      {asks.includes('mode') ? (
        <SelectField
          label="How"
          value={answers.mode}
          onChange={({ target }) => onChange({ ...answers, mode: target.value === 'Hard' ? 'Hard' : 'Soft' })}
        >
          {Object.entries(modes).map(([mode, label]) => (
            <option key={mode} value={mode}>
              {label}
            </option>
          ))}
        </SelectField>
      ) : undefined}
      {asks.includes('erase') ? (
        <SelectField
          label="Disks"
          value={answers.erase}
          onChange={({ target }) => {
            const chosen = (['None', 'Quick', 'Full'] as const).find((each) => each === target.value);
            onChange({ ...answers, erase: chosen ?? '' });
          }}
        >
          {Object.entries(erasures).map(([erase, label]) => (
            <option key={erase} value={erase}>
              {label}
            </option>
          ))}
        </SelectField>
      ) : undefined}
      {asks.includes('sshKeys') ? (
        <TextArea
          label="SSH keys"
          hint="Public keys of those who may log in as root, one a line. Those of the Allocation may anyway."
          placeholder="ssh-ed25519 AAAA… me@example"
          value={answers.sshKeys}
          onChange={({ target }) => onChange({ ...answers, sshKeys: target.value })}
        />
      ) : undefined}
    </>
  );
}
