import type { ListParameters } from '../../api/resources.ts';

/** Short words for fields that people filter by. */
export const filterFields = {
  phase: 'status.phase',
  power: 'status.powerState',
  pool: 'spec.pool',
  zone: 'spec.zone',
  tag: 'spec.tags',
  arch: 'spec.architecture',
  vendor: 'status.hardware.vendor',
  product: 'status.hardware.product',
  allocation: 'status.allocation.name',
  namespace: 'status.allocation.namespace',
  failure: 'status.failure.reason',
  driver: 'spec.bmc.driver',
  approved: 'spec.approved',
  ready: 'status.conditions.Ready',
  late: 'status.conditions.Late',
} as const;

type ShortField = keyof typeof filterFields;

/** One word of a filter: `phase:Ready`, `-pool:test`, `label:rack=a`, or free text. */
export interface FilterTerm {
  /** Undefined: free text. */
  key: string | undefined;
  value: string;
  negated: boolean;
}

function isShort(key: string): key is ShortField {
  return Object.hasOwn(filterFields, key);
}

function isField(key: string): boolean {
  return isShort(key) || /^(metadata|spec|status)\.[A-Za-z0-9_.-]+$/.test(key);
}

/** The words of a filter; `"…"` holds blanks together. A word with a colon whose beginning names no field is free text: a MAC address. */
export function parseFilter(text: string): FilterTerm[] {
  const words = text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
  return words.map((word) => {
    const plain = word.replaceAll('"', '');
    const [, minus = '', key = '', value = ''] = /^(-?)([A-Za-z][\w.-]*):(.*)$/.exec(plain) ?? [];
    if (key === 'label' || isField(key)) return { key, value, negated: minus === '-' };
    return { key: undefined, value: plain, negated: false };
  });
}

export function formatFilter(terms: readonly FilterTerm[]): string {
  return terms
    .map(({ key, value, negated }) => {
      const word = key === undefined ? value : `${negated ? '-' : ''}${key}:${value}`;
      return /\s/.test(word) ? `"${word}"` : word;
    })
    .join(' ');
}

/** A filter as the parameters of the API. A term that is not yet written to its end asks for nothing. */
export function filterParameters(
  text: string,
): Pick<ListParameters, 'q' | 'fieldSelector' | 'labelSelector'> {
  const terms = parseFilter(text).filter(({ value }) => value !== '');
  const labels = terms.filter(({ key }) => key === 'label').map(labelTerm);
  const fields = terms.flatMap(({ key, value, negated }) => {
    if (key === undefined || key === 'label') return [];
    return [`${isShort(key) ? filterFields[key] : key}${negated ? '!=' : '='}${value.replaceAll(',', '')}`];
  });
  const words = terms.filter(({ key }) => key === undefined).map(({ value }) => value);
  return {
    ...(words.length === 0 ? {} : { q: words.join(' ') }),
    ...(fields.length === 0 ? {} : { fieldSelector: fields.join(',') }),
    ...(labels.length === 0 ? {} : { labelSelector: labels.join(',') }),
  };
}

function labelTerm({ value, negated }: FilterTerm): string {
  if (!negated) return value;
  return value.includes('=') ? value.replace('=', '!=') : `!${value}`;
}

/** What a filter asks of one field; undefined: nothing. */
export function termOf(text: string, key: string): string | undefined {
  return parseFilter(text).find((term) => term.key === key && !term.negated)?.value;
}

/** The filter with one field set anew, or without it. */
export function withTerm(text: string, key: string, value: string | undefined): string {
  const others = parseFilter(text).filter((term) => term.key !== key);
  return formatFilter(value === undefined ? others : [...others, { key, value, negated: false }]);
}
