import type { CommandSpec, OptionSpec } from '../../command.ts';
import { namespaceOption, serverOptions } from '../../options.ts';
import { flagOption, nameArgument, valueOption } from '../tables.ts';

/** What a timeline tells of: as the REST API has it (src/store/reads/sources.ts). */
export const timelineKinds = ['Event', 'Step', 'Phase', 'Action', 'Power', 'Result', 'Address'] as const;

export const severities = ['Normal', 'Warning'] as const;

const outputs = ['table', 'json', 'yaml', 'jsonpath='];

/** Of every list of history. */
const shared: readonly OptionSpec[] = [
  {
    ...{ name: 'output', short: 'o', value: 'FORMAT', completes: outputs },
    summary: 'table, json, yaml or jsonpath=TEMPLATE',
  },
  valueOption('since', 'TIME', 'not before: 2h, 7d, or a moment like 2026-11-20T10:00:00Z'),
  valueOption('limit', 'COUNT', 'how many at most. Default: 100'),
  ...serverOptions,
];
const user = valueOption('user', 'NAME', 'only what this user did');
const oneNamespace: OptionSpec = {
  ...namespaceOption,
  summary: 'only of this namespace. Default: of all that you may see',
};

/** What was, of the REST API: the API server of Kubernetes knows only what is. */
export const historyCommands: readonly CommandSpec[] = [
  {
    path: ['machine', 'history'],
    summary: 'Shows the story of a machine, the newest first',
    details: 'Also of a machine that is gone. It is asked of the REST API, which needs --server and a token.',
    arguments: [nameArgument('Machine', 'name of the machine')],
    options: [
      valueOption('kind', 'KIND', `only of this kind, or of several: ${timelineKinds.join(', ')}`, {
        ...{ multiple: true, completes: timelineKinds },
      }),
      valueOption('severity', 'SEVERITY', 'Normal or Warning', { completes: severities }),
      valueOption('reason', 'REASON', 'only with this reason, phase, step, action or test'),
      ...shared,
    ],
    examples: [
      { line: 'machine history r2-17 --severity Warning --since 7d', what: 'What went wrong this week' },
    ],
    load: () => import('./machine.ts'),
  },
  {
    path: ['machine', 'console-log'],
    summary: 'Prints what a machine said on its serial console while it was booted, the oldest line first',
    details:
      'Racks listen while Metalwright boots a machine, not while it is deployed. It is asked of the REST API, which needs --server and a token. "mw console" is the console itself.',
    arguments: [nameArgument('Machine', 'name of the machine')],
    options: [
      flagOption('follow', 'goes on to print what it says'),
      valueOption('grep', 'TEXT', 'only lines with this text in them, in capitals or not'),
      valueOption('until', 'TIME', 'only before: 2h, 7d, or a moment like 2026-11-20T10:00:00Z'),
      ...shared.map((one) =>
        one.name === 'limit' ? { ...one, summary: 'how many of the last lines at most. Default: 1000' } : one,
      ),
    ],
    examples: [
      { line: 'machine console-log r2-17 --since 1h', what: 'Why did it not come up?' },
      { line: 'machine console-log r2-17 --grep panic', what: 'Whether its kernel fell over' },
    ],
    load: () => import('./console-log.ts'),
  },
  {
    path: ['history', 'search'],
    summary: 'Searches the words of events, phases, actions and results, and of what they printed',
    details: 'All words must be there; each may be the beginning of one.',
    arguments: [{ name: 'WORDS', summary: 'words to look for', multiple: true }],
    options: shared,
    examples: [{ line: 'history search bmc timeout --since 24h', what: 'Which BMCs were silent' }],
    load: () => import('./search.ts'),
  },
  {
    path: ['history', 'audit'],
    summary: 'Shows who wrote what through the REST API, and what came of it',
    options: [user, oneNamespace, ...shared],
    examples: [{ line: 'history audit --user ann --since 2h', what: 'What somebody changed' }],
    load: () => import('./audit.ts'),
  },
  {
    path: ['history', 'allocations'],
    summary: 'Shows who had which machine, from when until when',
    options: [
      valueOption('machine', 'NAME', 'only of this machine', { completes: 'Machine' }),
      ...[user, oneNamespace, ...shared],
    ],
    examples: [{ line: 'history allocations --machine r2-17', what: 'Who had this machine' }],
    load: () => import('./allocations.ts'),
  },
];
