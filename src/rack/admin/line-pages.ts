import type { LinePage, RecordedLines } from '../console/record/recorded-lines.ts';

/** Which recorded lines are asked for. */
export interface LineQuery {
  /** The run of the rack that `after` is of. */
  instance: string | undefined;
  /** Only lines after this sequence. */
  after: number;
  limit: number;
}

const limits = { default: 200, most: 1_000 } as const;

/** Reads the query of `/console-log`; a text says what is wrong with it. */
export function parseLineQuery(query: URLSearchParams): LineQuery | string {
  const known = ['instance', 'after', 'limit'];
  const stranger = [...query.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined) return `${stranger}: there is ${known.join(', ')}`;
  const after = query.get('after') ?? '0';
  if (!/^\d{1,15}$/.test(after)) return 'after: the sequence of a line';
  const limit = query.get('limit') ?? String(limits.default);
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > limits.most) return `limit: 1 to ${limits.most}`;
  return { instance: query.get('instance') ?? undefined, after: Number(after), limit: Number(limit) };
}

/** What machines said, from where the asker was; from the begin, when that was another run of the rack. */
export function pageOfLines(
  lines: Pick<RecordedLines, 'instance' | 'page'>,
  { instance, after, limit }: LineQuery,
): LinePage {
  return lines.page(instance === undefined || instance === lines.instance ? after : 0, limit);
}
