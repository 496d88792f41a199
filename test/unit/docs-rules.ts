import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { customResourceDefinition } from '../../src/api/crd/definition.ts';
import { kinds } from '../../src/api/crd/kinds.ts';
import { commands } from '../../src/cli/commands/table.ts';
import { type Part, parsePath, parseTemplate, type Step } from '../../src/cli/output/jsonpath-parse.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { messageOf } from '../../src/errors/coded-error.ts';
import { isRecord } from '../../src/kube/json.ts';

const repository = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

/** What is wrong with a command; undefined: nothing. */
export type Complaint = string | undefined;

/** Operations of the REST API: of `/api/v1/machines/{name}`, by method in small letters. */
export type Paths = Record<string, Record<string, { parameters?: { in: string; name: string }[] }>>;

/** `mw …`: as mw itself reads it. */
export function mwComplaint(words: readonly string[]): Complaint {
  try {
    const parsed = parseCommandLine(words, commands);
    return parsed.kind === 'Run' || words.includes('--help') ? undefined : 'it is no whole command';
  } catch (error) {
    return messageOf(error);
  }
}

/** `mw …` in a sentence: a whole command, or its name alone, with `NAME` or `…` for what is behind it. */
export function mentionComplaint(words: readonly string[]): Complaint {
  const complaint = mwComplaint(words);
  const open = words.findIndex((word) => /^[A-Z]{3,}$|…/.test(word));
  const isName = open >= 0 || words.every((word) => !word.startsWith('-'));
  if (complaint === undefined || !isName) return complaint;
  return mwComplaint([...(open < 0 ? words : words.slice(0, open)), '--help']);
}

/** What may stand behind `./dev` and behind its commands, as its files say. */
function devWords(): Map<string, readonly string[] | undefined> {
  const cases = read('dev').split('\nmain() {')[1]?.split('\n}')[0] ?? '';
  const names = [...cases.matchAll(/^ {4}([a-z| -]+)\)/gm)].flatMap(([, list = '']) => list.split(' | '));
  const table = (file: string): string[] =>
    [...(/const commands = \{([^}]*)\}/.exec(read(file))?.[1] ?? '').matchAll(/(\w+)(?:: \w+)?/g)].map(
      ([, name = '']) => name,
    );
  const suites = /there is no suite[^:]*: ([^"]*)"/.exec(read('lab/setup/tests.sh'))?.[1] ?? '';
  return new Map<string, readonly string[] | undefined>([
    ...names.map((name) => [name, undefined] as const),
    ['lab', table('lab/cli.ts')],
    ['cluster', table('lab/cluster/cli.ts')],
    ['test', [...suites.split(', '), 'api', 'fuzz', 'faults-dhcp']],
    ['build', ['mw', 'web', 'image']],
  ]);
}

const dev = devWords();

/** `./dev …` */
export function devComplaint([command = 'help', about, more]: readonly string[]): Complaint {
  if (!dev.has(command)) return `./dev has no command ${command}`;
  if (about === undefined || about.startsWith('-')) return undefined;
  if (command === 'bench')
    return existsSync(join(repository, `bench/${about}.ts`)) ? undefined : 'no such benchmark';
  const known = dev.get(command);
  if (known !== undefined && !known.includes(about)) return `./dev ${command} knows ${known.join(', ')}`;
  const isSuite = command === 'test' && about === 'e2e' && more !== undefined;
  return isSuite && known?.includes(more) === false ? `there is no suite ${more}` : undefined;
}

/** Kubernetes' own, as far as pages name them. */
const builtIn = new Set(
  'node nodes secret configmap deployment events serviceaccount clusterrolebinding token'.split(' '),
);
const withValue = new Set(
  '-n --namespace -o --output -l --selector -p --patch --type -f --filename -k --for --timeout --field-selector --replicas --patch-file --from-literal --from-file --clusterrole --serviceaccount'.split(
    ' ',
  ),
);
const ofResources = new Set('get describe delete patch wait label annotate scale explain create'.split(' '));

/** Words that are no options, and options with their values. */
function sortOut(words: readonly string[]): { plain: string[]; options: [name: string, value: string][] } {
  const plain: string[] = [];
  const options: [string, string][] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') break;
    const [, name = word, value] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
    if (!word.startsWith('-') || word === '-') plain.push(word);
    else if (value !== undefined || !withValue.has(name)) options.push([name, value ?? '']);
    else {
      at += 1;
      options.push([name, words[at] ?? '']);
    }
  }
  return { plain, options };
}

function kindNamed(name: string) {
  const wanted = name.toLowerCase();
  return kinds.find((kind) =>
    [kind.plural, kind.singular, kind.kind.toLowerCase(), ...kind.shortNames].includes(wanted),
  );
}

/** `kubectl …`: kinds that there are, and fields that they have. */
export function kubectlComplaint(words: readonly string[]): Complaint {
  const { plain, options } = sortOut(words);
  const [verb = '', resources, ...names] = plain;
  if (verb === 'mw') return mwComplaint(words.slice(words.indexOf('mw') + 1));
  if (verb === 'kustomize') return missing(resources);
  const has = (...of: string[]): boolean => options.some(([name]) => of.includes(name));
  if (verb === 'exec') return undefined;
  if (verb === 'apply' || (verb === 'create' && resources === undefined))
    return has('-f', '-k', '--filename') ? undefined : 'what is it to be made of?';
  if (!ofResources.has(verb) || resources === undefined) return `kubectl ${verb} is none that is known here`;
  if (verb === 'explain') return fieldComplaint(resources);
  for (const each of resources.split(',')) {
    const [resource = ''] = each.split('/');
    if (resource !== 'metal' && !builtIn.has(resource) && kindNamed(resource) === undefined)
      return `there is no resource ${resource}`;
  }
  const [first = '', name] = resources.split('/');
  const kind = kindNamed(first);
  if (kind === undefined || resources.includes(',')) return undefined;
  const one = name !== undefined || names.length > 0;
  return options
    .map(([option, value]) => {
      if (option === '-p' || option === '--patch') return patchComplaint(kind.kind, value);
      return option === '-o' || option === '--output' ? outputComplaint(kind.kind, value, one) : undefined;
    })
    .find((complaint) => complaint !== undefined);
}

function fieldComplaint(path: string): Complaint {
  const [resource = '', ...steps] = path.split('.');
  const kind = kindNamed(resource);
  if (kind === undefined) return `there is no resource ${resource}`;
  return stepsComplaint(
    kind.kind,
    steps.map((name) => ({ kind: 'Member', name })),
  );
}

function patchComplaint(kind: string, text: string): Complaint {
  const leaves = (value: unknown, steps: Step[]): Step[][] =>
    isRecord(value)
      ? Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...steps, { kind: 'Member', name }]))
      : [steps];
  try {
    return leaves(JSON.parse(text), [])
      .map((steps) => stepsComplaint(kind, steps))
      .find((complaint) => complaint !== undefined);
  } catch (error) {
    return messageOf(error);
  }
}

function outputComplaint(kind: string, output: string, one: boolean): Complaint {
  const [, format, text = ''] = /^([a-z-]+)(?:=(.*))?$/s.exec(output) ?? [];
  if (format === 'custom-columns') {
    const columns = text.split(/,(?=[A-Z]+:)/).map((column) => column.slice(column.indexOf(':') + 1));
    return columns
      .map((column) => stepsComplaint(kind, parsePath(column)))
      .find((complaint) => complaint !== undefined);
  }
  if (format === 'jsonpath') {
    return pathsOf(parseTemplate(text), [])
      .map((steps) => {
        const [items, each, ...rest] = steps;
        if (one) return stepsComplaint(kind, steps);
        const isList = items?.kind === 'Member' && items.name === 'items' && each !== undefined;
        return isList ? stepsComplaint(kind, rest) : 'a list has items';
      })
      .find((complaint) => complaint !== undefined);
  }
  return ['json', 'yaml', 'name', 'wide'].includes(output) ? undefined : `-o ${output} is no format`;
}

function pathsOf(parts: readonly Part[], within: readonly Step[]): Step[][] {
  return parts.flatMap((part) => {
    if (part.kind === 'Text') return [];
    const steps = [...within, ...part.steps];
    return part.kind === 'Path' ? [steps] : pathsOf(part.body, steps);
  });
}

/** Whether a kind has such a field. */
function stepsComplaint(kindName: string, steps: readonly Step[]): Complaint {
  const kind = kinds.find((candidate) => candidate.kind === kindName);
  if (kind === undefined) return `there is no kind ${kindName}`;
  let schema: unknown = schemaOf(customResourceDefinition(kind));
  for (const step of steps) {
    if (!isRecord(schema) || isOpen(schema)) return undefined;
    if (step.kind === 'Member') {
      const { properties, additionalProperties } = schema;
      const own = isRecord(properties) ? properties[step.name] : undefined;
      if (own === undefined && additionalProperties === undefined)
        return `${kindName} has no ${step.name} there`;
      schema = own ?? additionalProperties;
    } else if (schema.type === 'array') schema = schema.items;
    else if (step.kind !== 'Every') return `${kindName} has no list there`;
  }
  return undefined;
}

function isOpen(schema: Record<string, unknown>): boolean {
  return (
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    (schema.type === 'object' && !schema.properties && !schema.additionalProperties)
  );
}

function schemaOf(definition: unknown): unknown {
  const spec = isRecord(definition) ? definition.spec : undefined;
  const [version] = isRecord(spec) && Array.isArray(spec.versions) ? spec.versions : [];
  const schema = isRecord(version) ? version.schema : undefined;
  return isRecord(schema) ? schema.openAPIV3Schema : undefined;
}

/** `helm …`: the chart is there, and so is every value that is set. */
export function helmComplaint(words: readonly string[]): Complaint {
  const [verb = ''] = words;
  if (!['upgrade', 'install', 'test', 'rollback', 'uninstall', 'template'].includes(verb))
    return `helm ${verb}?`;
  const chart = words.find((word) => word.startsWith('charts/'));
  const sets = words.flatMap((word, index) => (words[index - 1] === '--set' ? [word] : []));
  const schema: unknown = JSON.parse(read('charts/metalwright/values.schema.json'));
  const unknown = sets.map((set) => set.split('=')[0] ?? '').find((key) => !hasValue(schema, key.split('.')));
  return missing(chart) ?? (unknown === undefined ? undefined : `the chart has no value ${unknown}`);
}

function hasValue(schema: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true;
  if (!isRecord(schema)) return false;
  const own = isRecord(schema.properties) ? schema.properties[step] : undefined;
  return hasValue(own ?? schema.additionalProperties, rest);
}

/** `METHOD /api/v1/…`: an operation of the REST API, with parameters that it has. */
export function operationComplaint(method: string, address: string, paths: Paths): Complaint {
  const [path = '', query = ''] = address.split('?');
  const steps = path.split('/');
  const fits = (template: string): boolean => {
    const parts = template.split('/');
    return (
      parts.length === steps.length && parts.every((part, at) => part === steps[at] || part.startsWith('{'))
    );
  };
  // What is written out comes before what stands for anything.
  const found = Object.keys(paths)
    .filter(fits)
    .sort((a, b) => a.split('{').length - b.split('{').length);
  const operation = found.map((template) => paths[template]?.[method.toLowerCase()]).find(Boolean);
  if (operation === undefined) return `the REST API has no ${method} ${path}`;
  const known = (operation.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
  const unknown = [...new URLSearchParams(query).keys()].find((name) => !known.includes(name));
  return unknown === undefined ? undefined : `${method} ${path} takes no ${unknown}`;
}

/** `curl …` to the REST API, or to what `elsewhere` names. */
export function curlComplaint(
  words: readonly string[],
  paths: Paths,
  elsewhere: readonly string[],
): Complaint {
  const url = words.find((word) => /^(https?:|\$(API|URL)\b)/.test(word)) ?? '';
  if (elsewhere.includes(url)) return undefined;
  const [, address] = /^(?:https?:\/\/[^/]*|\$(?:API|URL))(\/api\/.*)$/.exec(url) ?? [];
  if (address === undefined) return `"${url}" is no address of the REST API`;
  const given = words[words.indexOf('-X') + 1];
  const method = words.includes('-X')
    ? given
    : words.includes('-T')
      ? 'PUT'
      : words.includes('-d')
        ? 'POST'
        : 'GET';
  return operationComplaint(words.includes('-X') ? (given ?? '') : (method ?? ''), address, paths);
}

/** `node FILE`, `npm run SCRIPT` */
export function nodeComplaint(program: string, words: readonly string[]): Complaint {
  if (program === 'node') return missing(words.find((word) => !word.startsWith('-')));
  const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
  return words[0] === 'run' && scripts.includes(words[1] ?? '') ? undefined : `npm ${words.join(' ')}?`;
}

function missing(path: string | undefined): Complaint {
  return path === undefined || existsSync(join(repository, path)) ? undefined : `there is no ${path}`;
}
