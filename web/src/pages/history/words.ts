import type { AuditItem } from './queries.ts';

/** A piece of a text, and whether it was searched for. */
export interface Piece {
  text: string;
  found: boolean;
}

/** A text cut where words begin as one that was searched for does; the server looks for beginnings of words, too. */
export function piecesOf(text: string, query: string): Piece[] {
  const words = query.match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return text === '' ? [] : [{ text, found: false }];
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join('|')})`, 'giu');
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > done) pieces.push({ text: text.slice(done, match.index), found: false });
    pieces.push({ text: match[0], found: true });
    done = match.index + match[0].length;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), found: false });
  return pieces;
}

/** Whether there is something to search for: a letter or a digit. */
export function canSearch(query: string): boolean {
  return /[\p{L}\p{N}]/u.test(query);
}

const done: Readonly<Record<string, string>> = {
  create: 'Created',
  replace: 'Replaced',
  patch: 'Changed',
  delete: 'Deleted',
};

/** What somebody did: `Changed`, `Ordered Lock`, `Tried to create`. */
export function deedOf({ verb, resource, outcome, dryRun, details }: AuditItem): string {
  if (dryRun) return `Tried out: ${verb}`;
  if (outcome !== 'Done') return `Could not ${verb}`;
  if (resource === 'machine-actions' && verb === 'create' && details?.action !== undefined)
    return `Ordered ${details.action}`;
  return done[verb] ?? verb;
}

/** What it was about beside the object: machines of an order, fields of a change. */
export function aboutOf({ details = {}, resource, verb }: AuditItem): string | undefined {
  const { names = [], machine, fields = [] } = details;
  if (names.length > 0) return some(names);
  if (machine !== undefined) return machine;
  return verb === 'create' || resource === 'machine-actions' || fields.length === 0
    ? undefined
    : some(fields);
}

/** The first few of many names. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(', ');
  return names.length <= 4 ? shown : `${shown} and ${names.length - 4} more`;
}

const ways: Readonly<Record<string, string>> = {
  ApiKey: 'API key',
  Session: 'signed in',
  Token: 'token',
};

/** From where a write came: `10.0.0.3, signed in, Firefox`. Rows from before this was kept have nothing of it. */
export function fromWords(from: { address?: string; by?: string; agent?: string } | undefined): string {
  const { address, by, agent } = from ?? {};
  const parts = [address, by === undefined ? undefined : (ways[by] ?? by), clientOf(agent)];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** Browsers say whom they descend from as well: the first of these that is named is the one. */
const browsers: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg(A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b((Headless)?Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

/** A browser by its name, any other program by its first word. */
function clientOf(agent: string | undefined): string | undefined {
  if (agent === undefined || agent === '') return undefined;
  const browser = agent.startsWith('Mozilla/')
    ? browsers.find(([pattern]) => pattern.test(agent))
    : undefined;
  return browser?.[1] ?? agent.split(' ', 1)[0];
}
