import { parseArgs } from 'node:util';
import { messageOf } from '../errors/coded-error.ts';
import { type CommandSpec, type Invocation, spelling } from './command.ts';
import { CliError } from './errors.ts';
import { nearest } from './nearest.ts';
import { globalOptions, optionsOf } from './options.ts';

/** What a command line asks for. */
export type Parsed =
  | { kind: 'Run'; invocation: Invocation }
  /** Of the commands that begin with a path; of one command when the path is whole. */
  | { kind: 'Help'; path: readonly string[] };

/**
 * Understands a command line. `mw manifest COMMAND…` is COMMAND, shown as a manifest.
 *
 * @param words without `node` and the program
 * @throws CliError usage, with what was probably meant
 */
export function parseCommandLine(words: readonly string[], commands: readonly CommandSpec[]): Parsed {
  const { path, rest, helps } = splitPath(words, commands);
  if (path[0] === 'manifest' && path.length === 1) {
    const parsed = parseCommandLine(rest, commands);
    if (parsed.kind === 'Help') return rest.length === 0 || helps ? { kind: 'Help', path } : parsed;
    if (parsed.invocation.command.writes !== true) {
      const line = spelling(parsed.invocation.command);
      throw new CliError('usage', `"${line}" writes nothing, so there is no manifest of it`);
    }
    return { kind: 'Run', invocation: { ...parsed.invocation, manifest: true } };
  }
  const command = commands.find((candidate) => samePath(candidate.path, path));
  if (command === undefined || helps) {
    if (command === undefined) refuseUnknown(path, rest, commands);
    return { kind: 'Help', path };
  }
  return { kind: 'Run', invocation: parseRest(command, rest) };
}

interface Split {
  path: string[];
  /** All other words, in order. */
  rest: string[];
  helps: boolean;
}

/** The words that lead to a command; options of all commands may stand between them. */
function splitPath(words: readonly string[], commands: readonly CommandSpec[]): Split {
  const path: string[] = [];
  const rest: string[] = [];
  let complete = false;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (complete || word === '--') {
      rest.push(word);
      complete = true;
      continue;
    }
    if (word.startsWith('-')) {
      rest.push(word);
      const next = words[at + 1];
      if (takesValue(word) && next !== undefined) {
        rest.push(next);
        at += 1;
      }
      continue;
    }
    const longer = [...path, word];
    if (commands.some((command) => samePath(command.path.slice(0, longer.length), longer))) {
      path.push(word);
      complete = word === 'manifest';
      const goesOn = commands.some(
        (command) => command.path.length > path.length && samePath(command.path.slice(0, path.length), path),
      );
      if (!goesOn) complete = true;
    } else {
      rest.push(word);
      complete = true;
    }
  }
  const end = rest.indexOf('--');
  const options = end < 0 ? rest : rest.slice(0, end);
  const helps = path[0] !== 'manifest' && (options.includes('--help') || options.includes('-h'));
  return { path, rest, helps };
}

function takesValue(word: string): boolean {
  return [...globalOptions, { name: 'namespace', short: 'n', value: 'NAME' }].some(
    ({ name, short, value }) =>
      value !== undefined && (word === `--${name}` || (short !== undefined && word === `-${short}`)),
  );
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index]);
}

function refuseUnknown(
  path: readonly string[],
  rest: readonly string[],
  commands: readonly CommandSpec[],
): void {
  const word = rest.find((each) => !each.startsWith('-'));
  if (word === undefined) return;
  const known = commands
    .filter((command) => samePath(command.path.slice(0, path.length), path))
    .flatMap((command) => command.path[path.length] ?? []);
  const meant = nearest(word, known);
  const above = ['mw', ...path].join(' ');
  throw new CliError(
    'usage',
    `"${above}" has no command "${word}"`,
    meant === undefined ? `"${above} --help" lists them` : `did you mean "${above} ${meant}"?`,
  );
}

function parseRest(command: CommandSpec, words: readonly string[]): Invocation {
  const specs = optionsOf(command);
  const options = Object.fromEntries(
    specs.map(({ name, short, value }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true as const,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...words], options, strict: true, allowPositionals: true });
  } catch (error) {
    throw usageError(command, messageOf(error), words);
  }
  const given = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(parsed.values)) {
    const values = (Array.isArray(value) ? value : [value]).map(String);
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec?.multiple !== true && spec?.value !== undefined && values.length > 1) {
      throw new CliError('usage', `--${name} is given ${values.length} times, and taken once`);
    }
    given.set(name, values);
  }
  checkArguments(command, parsed.positionals);
  return { command, arguments: parsed.positionals, options: given, manifest: false };
}

function usageError(command: CommandSpec, message: string, words: readonly string[]): CliError {
  const unknown = /Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown === undefined) {
    return new CliError(
      'usage',
      message.split('\n')[0] ?? message,
      `"${spelling(command)} --help" lists the options`,
    );
  }
  const typed = words.find((word) => word === unknown || word.startsWith(`${unknown}=`)) ?? unknown;
  const meant = nearest(
    typed,
    optionsOf(command).map(({ name }) => `--${name}`),
  );
  return new CliError(
    'usage',
    `"${spelling(command)}" has no option ${unknown}`,
    meant === undefined ? `"${spelling(command)} --help" lists the options` : `did you mean ${meant}?`,
  );
}

function checkArguments(command: CommandSpec, given: readonly string[]): void {
  const specs = command.arguments ?? [];
  const missing = specs.find((spec, index) => spec.optional !== true && given[index] === undefined);
  if (missing !== undefined) {
    throw new CliError(
      'usage',
      `"${spelling(command)}" needs ${missing.name}: ${missing.summary}`,
      command.examples?.[0] === undefined ? undefined : `for example: mw ${command.examples[0].line}`,
    );
  }
  const extra = given[specs.length];
  if (extra !== undefined && specs.at(-1)?.multiple !== true) {
    throw new CliError(
      'usage',
      `"${spelling(command)}" does not take "${extra}"`,
      `see "${spelling(command)} --help"`,
    );
  }
}
