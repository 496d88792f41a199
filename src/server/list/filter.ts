import type { KubeObject } from '../../kube/resource.ts';
import { type FieldPath, fieldPathPattern, parseFieldPath, scalarsAt, someScalarAt } from './paths.ts';

/** One term of a selector. */
export interface Term {
  path: FieldPath;
  operator: '=' | '!=' | 'exists' | 'missing';
  value: string;
}

const labelKey = /^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/;

/** `rack=a,tier!=x,gpu,!old`; undefined when it is none. */
export function parseLabelSelector(text: string): Term[] | undefined {
  return parseTerms(text, (key) => (labelKey.test(key) ? ['metadata', 'labels', key] : undefined), true);
}

/** `spec.pool=default,status.phase!=Ready`; undefined when it is none. */
export function parseFieldSelector(text: string): Term[] | undefined {
  return parseTerms(text, (key) => (fieldPathPattern.test(key) ? parseFieldPath(key) : undefined), false);
}

function parseTerms(
  text: string,
  pathOf: (key: string) => FieldPath | undefined,
  mayExist: boolean,
): Term[] | undefined {
  const terms: Term[] = [];
  for (const part of text.split(',').map((word) => word.trim())) {
    if (part === '') continue;
    const [, key = '', sign = '', value = ''] = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(part) ?? [];
    if (sign !== '') {
      const path = pathOf(key.trim());
      if (path === undefined) return undefined;
      terms.push({ path, operator: sign === '!=' ? '!=' : '=', value });
      continue;
    }
    const path = mayExist ? pathOf(part.replace(/^!/, '')) : undefined;
    if (path === undefined) return undefined;
    terms.push({ path, operator: part.startsWith('!') ? 'missing' : 'exists', value: '' });
  }
  return terms;
}

/** Whether all terms hold. A list of values equals what one of its elements equals. */
export function matches(object: KubeObject, terms: readonly Term[]): boolean {
  return terms.every((term) => termHolds(object, term));
}

function termHolds(object: KubeObject, { path, operator, value }: Term): boolean {
  switch (operator) {
    case 'exists':
      return someScalarAt(object, path, always);
    case 'missing':
      return !someScalarAt(object, path, always);
    default: {
      const found = someScalarAt(object, path, (scalar) => scalar === value || String(scalar) === value);
      return found === (operator === '=');
    }
  }
}

const always = (): boolean => true;

/** Where `q` looks: all that names or describes a thing, and nothing that may be a secret or is written by machines for machines. */
const searched: readonly FieldPath[] = [
  'metadata.name',
  'metadata.namespace',
  'spec.macAddresses',
  'spec.mac',
  'spec.address',
  'spec.cidr',
  'spec.hostname',
  'spec.description',
  'spec.pool',
  'spec.zone',
  'spec.tags',
  'spec.machine',
  'spec.image',
  'spec.action',
  'spec.bmc.address',
  'status.phase',
  'status.machine',
  'status.addresses',
  'status.allocation.namespace',
  'status.allocation.name',
  'status.hardware.vendor',
  'status.hardware.model',
  'status.hardware.serial',
  'status.hardware.systemUuid',
].map(parseFieldPath);

const texts = new WeakMap<KubeObject, string>();

/** The text that `q` is looked for in; worked out once for each version of an object. */
function searchTextOf(object: KubeObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const words = searched.flatMap((path) => scalarsAt(object, path));
  const labels = Object.values(object.metadata.labels ?? {});
  const text = [...words, ...labels].join('\n').toLowerCase();
  texts.set(object, text);
  return text;
}

/** Whether every word is somewhere in it. @param words in small letters */
export function mentions(object: KubeObject, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = searchTextOf(object);
  return words.every((word) => text.includes(word));
}
