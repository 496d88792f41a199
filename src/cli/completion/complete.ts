import type { ArgumentSpec, CommandSpec, Completes, Context, OptionSpec } from '../command.ts';
import { kinds } from '../kinds.ts';
import { allNamespacesOption, globalOptions, namespaceOption, optionsOf } from '../options.ts';

/** What may stand at the end of a command line. */
export type Wanted =
  | { kind: 'Words'; words: string[] }
  | { kind: 'File' }
  | { kind: 'Names'; of: Completes; namespace: string | undefined };

/**
 * What a shell may offer for the last of the words. Pure: names of objects are for {@link candidates}.
 *
 * @param words after `mw`; the last is the one being typed, and may be empty
 */
export function wanted(words: readonly string[], commands: readonly CommandSpec[]): Wanted {
  const before = words.slice(words[0] === 'manifest' ? 1 : 0, -1);
  const current = words.at(-1) ?? '';
  const writing = words[0] === 'manifest' && words.length > 1;
  const known = commands.filter(({ writes }) => !writing || writes === true);
  let path: string[] = [];
  const given: string[] = [];
  let pending: OptionSpec | undefined;
  let namespace: string | undefined;
  const specs = (): readonly OptionSpec[] => {
    const command = commandAt(path, known);
    return command === undefined
      ? [...globalOptions, namespaceOption, allNamespacesOption]
      : optionsOf(command);
  };
  for (const word of before) {
    if (pending !== undefined) {
      if (pending.name === 'namespace') namespace = word;
      pending = undefined;
    } else if (word.startsWith('-')) {
      const spec = specs().find(({ name, short }) => word === `--${name}` || word === `-${short ?? ''}`);
      pending = spec?.value === undefined ? undefined : spec;
    } else if (given.length === 0 && startsCommand([...path, word], known)) path = [...path, word];
    else given.push(word);
  }
  if (pending !== undefined) return wantedOf(pending.completes, namespace);
  if (current.startsWith('-')) {
    return { kind: 'Words', words: specs().flatMap(({ name }) => [`--${name}`]) };
  }
  const command = commandAt(path, known);
  const next = known
    .filter(
      ({ path: candidate }) =>
        candidate.length > path.length && path.every((word, at) => candidate[at] === word),
    )
    .flatMap(({ path: candidate }) => candidate[path.length] ?? []);
  if (next.length > 0) return { kind: 'Words', words: [...new Set(next)] };
  const all: readonly ArgumentSpec[] = command?.arguments ?? [];
  const last = all.at(-1);
  const argument = all[given.length] ?? (last?.multiple === true ? last : undefined);
  return argument === undefined ? { kind: 'Words', words: [] } : wantedOf(argument.completes, namespace);
}

function wantedOf(completes: Completes | undefined, namespace: string | undefined): Wanted {
  if (completes === undefined) return { kind: 'Words', words: [] };
  if (completes === 'file') return { kind: 'File' };
  if (typeof completes !== 'string') return { kind: 'Words', words: [...completes] };
  return { kind: 'Names', of: completes, namespace };
}

function commandAt(path: readonly string[], commands: readonly CommandSpec[]): CommandSpec | undefined {
  return commands.find(
    (command) => command.path.length === path.length && path.every((word, at) => command.path[at] === word),
  );
}

function startsCommand(path: readonly string[], commands: readonly CommandSpec[]): boolean {
  return commands.some((command) => path.every((word, at) => command.path[at] === word));
}

/** The words to offer, names of objects asked of the API server; `undefined`: the shell is to offer files. */
export async function candidates(
  words: readonly string[],
  commands: readonly CommandSpec[],
  context: Context,
): Promise<string[] | undefined> {
  const what = wanted(words, commands);
  const current = words.at(-1) ?? '';
  if (what.kind === 'File') return undefined;
  const all = what.kind === 'Words' ? what.words : await namesOf(what, context).catch(() => []);
  return all.filter((word) => word.startsWith(current)).sort();
}

async function namesOf(
  { of, namespace }: { of: Completes; namespace: string | undefined },
  context: Context,
): Promise<string[]> {
  const cluster = await context.cluster();
  if (of === 'namespace') {
    const { namespaces } = await import('../../kube/core-resources.ts');
    return (await cluster.client.list(namespaces)).items.map(({ metadata }) => metadata.name);
  }
  const kind = Object.values(kinds).find((candidate) => candidate.kind === of);
  if (kind === undefined) return [];
  const scope = kind.namespaced ? { namespace: namespace ?? cluster.namespace } : {};
  if (cluster.table !== undefined && !kind.namespaced) {
    return (await cluster.table(kind, scope)).rows.flatMap(({ cells }) => cells[0] ?? []);
  }
  return (await cluster.client.list(kind, scope)).items.map(({ metadata }) => metadata.name);
}
