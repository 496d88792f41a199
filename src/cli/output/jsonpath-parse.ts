import { DecodeError } from '../../errors/decode-error.ts';

/** One step of a path. */
export type Step =
  | { kind: 'Member'; name: string }
  | { kind: 'Every' }
  | { kind: 'Deep'; name: string }
  | { kind: 'Slice'; from: number | undefined; to: number | undefined; step: number }
  | { kind: 'Indexes'; at: readonly number[] }
  | { kind: 'Members'; names: readonly string[] }
  | {
      kind: 'Filter';
      path: readonly Step[];
      operator: Operator | undefined;
      value: string | number | boolean | null;
    };

export const operators = ['==', '!=', '<=', '>=', '<', '>'] as const;
export type Operator = (typeof operators)[number];

/** A part of a template. */
export type Part =
  | { kind: 'Text'; text: string }
  | { kind: 'Path'; steps: readonly Step[] }
  | { kind: 'Range'; steps: readonly Step[]; body: readonly Part[] };

/**
 * Parses a template of kubectl's JSONPath: text, `{.path}`, `{"text"}`, `{range .path}…{end}`. Braces may be left out of a lone path.
 * Throws DecodeError.
 */
export function parseTemplate(template: string): Part[] {
  const text = template.includes('{')
    ? template
    : `{${template.startsWith('.') || template.startsWith('[') || template.startsWith('$') ? '' : '.'}${template}}`;
  const stack: { steps: readonly Step[]; body: Part[] }[] = [];
  let body: Part[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{', at);
    const until = open < 0 ? text.length : open;
    if (until > at) body.push({ kind: 'Text', text: text.slice(at, until) });
    if (open < 0) break;
    const close = closingBrace(text, open);
    const inner = text.slice(open + 1, close).trim();
    at = close + 1;
    if (inner === 'end') {
      const range = stack.pop();
      if (range === undefined) throw new DecodeError('{end} without {range}');
      const whole: Part = { kind: 'Range', steps: range.steps, body };
      body = range.body;
      body.push(whole);
    } else if (/^range\s/.test(inner)) {
      stack.push({ steps: parsePath(inner.slice(6).trim()), body });
      body = [];
    } else if (/^["']/.test(inner)) {
      body.push({ kind: 'Text', text: unquote(inner) });
    } else {
      body.push({ kind: 'Path', steps: parsePath(inner) });
    }
  }
  if (stack.length > 0) throw new DecodeError('{range} without {end}');
  return body;
}

/** Of the brace at `open`, past quoted texts. */
function closingBrace(text: string, open: number): number {
  let quote = '';
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\') at += 1;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '}') return at;
  }
  throw new DecodeError('a { is not closed');
}

/** `.a.b[0]['c'][*][?(@.d=="e")]..f`, with `\.` for a dot in a name. Throws DecodeError. */
export function parsePath(text: string): Step[] {
  const steps: Step[] = [];
  let rest = text.replace(/^[$@]/, '');
  if (rest !== '' && !/^[.[]/.test(rest)) rest = `.${rest}`;
  while (rest !== '') {
    if (rest.startsWith('[')) {
      const end = closingBracket(rest);
      steps.push(parseBracket(rest.slice(1, end).trim()));
      rest = rest.slice(end + 1);
      continue;
    }
    const [whole, dots = '', name = ''] = /^(\.{1,2})((?:\\.|[^.[\]\\\s])*)/.exec(rest) ?? [];
    if (whole === undefined || (name === '' && !(dots === '.' && (rest === '.' || rest.startsWith('.[')))))
      throw new DecodeError(`"${rest}" is no path`);
    const plain = name.replace(/\\(.)/g, '$1');
    if (name === '*') steps.push({ kind: 'Every' });
    else if (dots === '..') steps.push({ kind: 'Deep', name: plain });
    else if (name !== '') steps.push({ kind: 'Member', name: plain });
    rest = rest.slice(whole.length);
  }
  return steps;
}

function closingBracket(text: string): number {
  let quote = '';
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '[') depth += 1;
    else if (char === ']' && --depth === 0) return at;
  }
  throw new DecodeError(`a [ is not closed in "${text}"`);
}

function parseBracket(inner: string): Step {
  if (inner === '*') return { kind: 'Every' };
  if (inner.startsWith('?(') && inner.endsWith(')')) return parseFilter(inner.slice(2, -1).trim());
  if (/^(['"]).*\1$/.test(inner)) {
    const names = inner.split(/,\s*(?=['"])/).map(unquote);
    return { kind: 'Members', names };
  }
  if (/^-?\d+(\s*,\s*-?\d+)*$/.test(inner)) return { kind: 'Indexes', at: inner.split(',').map(Number) };
  const [slice, from, to, step] = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(inner) ?? [];
  if (slice === undefined || step === '0')
    throw new DecodeError(`[${inner}] is no index, slice, name or filter`);
  const number = (digits: string | undefined): number | undefined =>
    digits === undefined || digits === '' ? undefined : Number(digits);
  return { kind: 'Slice', from: number(from), to: number(to), step: number(step) ?? 1 };
}

function parseFilter(text: string): Step {
  const match = /^(@[^=!<>]*?)\s*(==|!=|<=|>=|<|>)\s*(.+)$/.exec(text);
  if (match === null) {
    if (!text.startsWith('@')) throw new DecodeError(`[?(${text})] has to begin with @`);
    return { kind: 'Filter', path: parsePath(text), operator: undefined, value: null };
  }
  const [, path = '', sign = '', value = ''] = match;
  const operator = operators.find((known) => known === sign);
  return { kind: 'Filter', path: parsePath(path), operator, value: literal(value.trim()) };
}

function literal(text: string): string | number | boolean | null {
  if (/^(['"]).*\1$/s.test(text)) return unquote(text);
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  const number = Number(text);
  if (Number.isNaN(number))
    throw new DecodeError(`${text} is no text in quotes, number, true, false or null`);
  return number;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquote(text: string): string {
  const quote = text[0];
  if (text.length < 2 || text.at(-1) !== quote) throw new DecodeError(`${text} lacks its closing quote`);
  return text.slice(1, -1).replace(/\\(.)/g, (_whole, char: string) => escapes[char] ?? char);
}
