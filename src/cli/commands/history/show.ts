import { isRecord, stringMember } from '../../../kube/json.ts';
import { type Context, type Invocation, option } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Exit } from '../../exit-codes.ts';
import { parseDuration } from '../../output/age.ts';
import { parseFormat, toYaml } from '../../output/format.ts';
import { layOut } from '../../output/table.ts';
import { connectToServer } from '../../server/connect.ts';
import { readItems } from '../../server/pages.ts';

/** One column of a table of history. */
export interface HistoryColumn {
  heading: string;
  cell(item: Record<string, unknown>): string;
}

/** A list of the REST API. */
export interface HistoryList {
  path: string;
  query: Readonly<Record<string, string | undefined>>;
  columns: readonly HistoryColumn[];
}

const mostItems = 100_000;

/** Shows a list of history as the options say it. Errors: CliError. */
export async function showHistory(
  invocation: Invocation,
  context: Context,
  list: HistoryList,
): Promise<Exit> {
  const format = parseFormat(option(invocation, 'output'));
  if (format.kind === 'name' || (format.kind === 'table' && format.wide))
    throw new CliError('usage', 'history has no such format', 'formats: table, json, yaml, jsonpath=');
  const limit = limitOf(option(invocation, 'limit'));
  const query = { ...list.query, since: sinceOf(option(invocation, 'since'), context.now()) };
  const client = await connectToServer(invocation, context);
  try {
    const { items, more } = await readItems(client, list.path, query, limit, context.signal);
    const { terminal } = context;
    if (format.kind === 'json') terminal.out(`${JSON.stringify({ items }, undefined, 2)}\n`);
    else if (format.kind === 'yaml') terminal.out(await toYaml({ items }));
    else if (format.kind === 'jsonpath') terminal.out(format.fill({ items }));
    else if (items.length === 0) terminal.err('No history found.\n');
    else {
      const headings = list.columns.map(({ heading }) => heading);
      const rows = items.map((item) => list.columns.map(({ cell }) => cell(item)));
      terminal.out(layOut(headings, rows, terminal));
    }
    if (more) terminal.err(`There is more before it: --limit ${Math.min(limit * 10, mostItems)} shows it.\n`);
    return 'ok';
  } finally {
    await client.close();
  }
}

/** @throws CliError usage */
export function limitOf(text = '100'): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= mostItems) return limit;
  throw new CliError('usage', `--limit ${text} is no number from 1 to ${mostItems}`);
}

/** `2h` ago, or a moment, as RFC 3339. @param name of the option @throws CliError usage */
export function sinceOf(text: string | undefined, now: number, name = 'since'): string | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);
  const at = ago === undefined ? (isMoment ? Date.parse(text) : Number.NaN) : now - ago;
  if (at >= 0 && at < 8.64e15) return new Date(at).toISOString();
  throw new CliError('usage', `--${name} ${text} is no time`, 'write it as 2h, 7d or 2026-11-20T10:00:00Z');
}

/** A column of what an item has of that name. */
export function member(heading: string, name: string): HistoryColumn {
  return { heading, cell: (item) => stringMember(item, name) ?? '' };
}

/** A moment, to the second, in UTC. */
export function moment(heading: string, name: string): HistoryColumn {
  return { heading, cell: (item) => stringMember(item, name)?.replace(/\.\d+Z$/, 'Z') ?? '' };
}

/** What happened, and how often. */
export const message: HistoryColumn = {
  heading: 'Message',
  cell(item) {
    const text = stringMember(item, 'message') ?? '';
    return typeof item.count === 'number' && item.count > 1 ? `${text} (${item.count} times)` : text;
  },
};

/** `machine/r2-17` */
export const subject: HistoryColumn = {
  heading: 'Object',
  cell({ subject: of }) {
    if (!isRecord(of)) return '';
    const { kind, namespace, name } = of;
    return [String(kind).toLowerCase(), ...(namespace === undefined ? [] : [namespace]), name].join('/');
  },
};
