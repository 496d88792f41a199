import { actionRules } from './actions.ts';
import { failureTable } from './failures.ts';
import { phaseTable } from './phases.ts';
import { transitions } from './transitions.ts';

/** Reasons of a condition and what they mean, by the name of the condition. */
export type ReasonTables = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The reference page of the lifecycle, in Markdown, made of tables alone. */
export function renderLifecycle(reasons: ReasonTables): string {
  return [
    '# The life of a machine',
    '',
    'Generated from `src/domain/lifecycle`; do not edit.',
    '',
    '## Diagram',
    '',
    'Ways that Metalwright or an Allocation takes. What a MachineAction can do is in the table below.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...diagram(),
    '```',
    '',
    '## Phases',
    '',
    ...table(
      ['Phase', 'In MAAS', 'Meaning'],
      phaseTable.map(({ phase, maas, meaning }) => [phase, maas, meaning]),
    ),
    '',
    '## Transitions',
    '',
    ...table(
      ['From', 'To', 'By', 'When'],
      transitions.map(({ from, to, by, when }) => [from ?? '(none)', to, by, when]),
    ),
    '',
    '## Actions',
    '',
    'A `MachineAction` is taken up once; where the phase does not allow it, it is `Refused`. A locked machine refuses every action but Unlock.',
    '',
    ...table(
      ['Action', 'Effect', 'From'],
      Object.entries(actionRules).map(([name, { from, effect }]) => [name, effect, from.join(', ')]),
    ),
    '',
    '## Failures',
    '',
    'The reason is in `status.failure.reason` of the Machine, and on its conditions and its Allocation; the message says what was seen.',
    'A failed machine never goes back to the pool by itself.',
    '',
    ...table(
      ['Reason', 'Expected', 'What to do'],
      Object.entries(failureTable).map(([reason, { expected, advice }]) => [reason, expected, advice]),
    ),
    ...Object.entries(reasons).flatMap(([name, rows]) => [
      '',
      `## Reasons of ${name}`,
      '',
      ...table(['Reason', 'Meaning'], Object.entries(rows)),
    ]),
    '',
  ].join('\n');
}

/** One arrow for each pair of phases. */
function diagram(): string[] {
  const arrows = transitions
    .filter(({ by }) => by !== 'MachineAction')
    .map(({ from, to }) => `  ${from ?? '[*]'} --> ${to}`);
  return [...new Set(arrows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
