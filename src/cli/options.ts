import type { CommandSpec, OptionSpec } from './command.ts';
import { formatNames } from './output/format.ts';

/** Options of every command. */
export const globalOptions: readonly OptionSpec[] = [
  {
    name: 'kubeconfig',
    value: 'PATH',
    summary: 'kubeconfig file. Default: KUBECONFIG, then ~/.kube/config',
    completes: 'file',
  },
  { name: 'context', value: 'NAME', summary: 'context of the kubeconfig. Default: its current one' },
  { name: 'help', short: 'h', summary: 'shows help' },
];

export const outputOption: OptionSpec = {
  name: 'output',
  short: 'o',
  value: 'FORMAT',
  summary: 'table, wide, json, yaml, name or jsonpath=TEMPLATE',
  completes: formatNames,
};

export const watchOption: OptionSpec = { name: 'watch', short: 'w', summary: 'goes on to show what changes' };

export const waitOption: OptionSpec = {
  name: 'wait',
  summary: 'waits for the end, says what happens meanwhile, and exits by it',
};

export const timeoutOption: OptionSpec = {
  name: 'timeout',
  value: 'TIME',
  summary: 'how long --wait waits: 90s, 30m, 2h. Default: 1h',
};

export const waiting: readonly OptionSpec[] = [waitOption, timeoutOption];

export const namespaceOption: OptionSpec = {
  name: 'namespace',
  short: 'n',
  value: 'NAME',
  summary: 'namespace. Default: that of the context',
  completes: 'namespace',
};

export const allNamespacesOption: OptionSpec = {
  name: 'all-namespaces',
  short: 'A',
  summary: 'over all namespaces',
};

export const selectorOption: OptionSpec = {
  name: 'selector',
  short: 'l',
  value: 'SELECTOR',
  summary: 'only objects with these labels: a=b,c!=d',
};

/** Options of commands that ask the REST API. */
export const serverOptions: readonly OptionSpec[] = [
  { name: 'server', value: 'URL', summary: 'REST API. Default: METALWRIGHT_SERVER' },
  {
    name: 'server-ca',
    value: 'FILE',
    summary:
      "PEM file with the authority of its certificate. Default: METALWRIGHT_SERVER_CA, then the system's",
    completes: 'file',
  },
  {
    name: 'token-file',
    value: 'FILE',
    summary: 'bearer token for it. Default: METALWRIGHT_TOKEN, then the token of the kubeconfig',
    completes: 'file',
  },
];

const dryRunOption: OptionSpec = {
  name: 'dry-run',
  summary: 'the API server checks it; it is shown as YAML, and nothing is written',
};

/** All options of a command: its own, and those that follow from what it is. */
export function optionsOf(command: CommandSpec): OptionSpec[] {
  return [
    ...(command.options ?? []),
    ...(command.writes === true ? [outputOption, dryRunOption] : []),
    ...globalOptions,
  ];
}
