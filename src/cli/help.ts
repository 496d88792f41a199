import type { CommandSpec, OptionSpec } from './command.ts';
import { optionsOf } from './options.ts';

/** Help for a path: of one command, or the list of those below it. */
export function renderHelp(path: readonly string[], commands: readonly CommandSpec[]): string {
  const below = commands.filter((command) => path.every((word, index) => command.path[index] === word));
  const [one] = below;
  if (one !== undefined && below.length === 1 && one.path.length === path.length) return helpOf(one);
  const intro =
    path.length === 0
      ? 'mw: machines of a Kubernetes cluster that Metalwright runs. Also as "kubectl mw".\n\n'
      : `${['mw', ...path].join(' ')}:\n\n`;
  const rows = below.map((command): [string, string] => [usageOf(command), command.summary]);
  return `${intro}${twoColumns(rows)}\n"mw COMMAND --help" says more; "mw manifest COMMAND" shows what a command would apply.\n`;
}

/** Its words, as they are typed: `machine show NAME`. */
export function usageOf({ path, arguments: specs = [] }: CommandSpec): string {
  const words = specs.map(({ name, optional, multiple }) => {
    const word = multiple === true ? `${name}…` : name;
    return optional === true ? `[${word}]` : word;
  });
  return [...path, ...words].join(' ');
}

/** `-o, --output FORMAT` */
export function optionUsage({ name, short, value }: OptionSpec): string {
  const dashes = short === undefined ? `--${name}` : `-${short}, --${name}`;
  return value === undefined ? dashes : `${dashes} ${value}`;
}

function helpOf(command: CommandSpec): string {
  const { summary, details, arguments: specs = [], examples = [] } = command;
  const parts = [
    `${summary}.\n`,
    ...(details === undefined ? [] : [`${details}\n`]),
    `Usage: mw ${usageOf(command)} [OPTIONS]\n`,
    ...(specs.length === 0
      ? []
      : [`Arguments:\n${twoColumns(specs.map(({ name, summary: what }) => [name, what]))}`]),
    `Options:\n${twoColumns(optionsOf(command).map((option) => [optionUsage(option), option.summary]))}`,
    ...(examples.length === 0
      ? []
      : [`Examples:\n${examples.map(({ line, what }) => `  # ${what}\n  mw ${line}\n`).join('')}`]),
  ];
  return parts.join('\n');
}

function twoColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => Math.min(first.length, 44)));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}\n`).join('');
}
