import type { ArgumentSpec, CommandSpec, OptionSpec } from '../command.ts';
import { outputOption } from '../options.ts';

/** An argument that names an object of a kind. */
export function nameArgument(
  completes: NonNullable<ArgumentSpec['completes']>,
  summary: string,
): ArgumentSpec {
  return { name: 'NAME', summary, completes };
}

/** `--name VALUE` */
export function valueOption(
  name: string,
  value: string,
  summary: string,
  more: Partial<OptionSpec> = {},
): OptionSpec {
  return { name, value, summary, ...more };
}

/** `--name` */
export function flagOption(name: string, summary: string): OptionSpec {
  return { name, summary };
}

/** `mw NOUN show NAME` */
export function showCommand(
  noun: string,
  summary: string,
  completes: NonNullable<ArgumentSpec['completes']>,
  options: readonly OptionSpec[],
  load: CommandSpec['load'],
): CommandSpec {
  return {
    path: [noun, 'show'],
    summary,
    arguments: [nameArgument(completes, `name of the ${noun}`)],
    options: [outputOption, ...options],
    load,
  };
}
