import { stringMember } from '../../../kube/json.ts';
import { sleep, systemTimers } from '../../../kube/timers.ts';
import { argument, type Context, flag, type Invocation, option, type Run } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Exit } from '../../exit-codes.ts';
import { parseFormat, toYaml } from '../../output/format.ts';
import { printable } from '../../output/style.ts';
import { connectToServer } from '../../server/connect.ts';
import { readItems } from '../../server/pages.ts';
import type { RestClient } from '../../server/rest-client.ts';
import { limitOf, sinceOf } from './show.ts';

type Item = Record<string, unknown>;

/** Between two questions of --follow, in milliseconds: the server asks racks every ten seconds. */
const followMs = 3_000;

/** `mw machine console-log NAME`: the oldest line first; with `--follow` also what is said now. */
export const run: Run = async (invocation, context) => {
  const format = parseFormat(option(invocation, 'output'));
  if (format.kind === 'name' || (format.kind === 'table' && format.wide))
    throw new CliError('usage', 'a console log has no such format', 'formats: table, json, yaml, jsonpath=');
  const follows = flag(invocation, 'follow');
  if (follows && (format.kind !== 'table' || option(invocation, 'until') !== undefined))
    throw new CliError('usage', '--follow has no end and is text', 'leave --until and --output out');
  const limit = limitOf(option(invocation, 'limit') ?? '1000');
  const { terminal, signal } = context;
  const path = `/api/v1/machines/${encodeURIComponent(argument(invocation, 0))}/console-log`;
  const query = queryOf(invocation, context);
  const client = await connectToServer(invocation, context);
  try {
    const listed = await readItems(client, path, query, limit, signal);
    const items = listed.items.toReversed();
    if (format.kind === 'json') terminal.out(`${JSON.stringify({ items }, undefined, 2)}\n`);
    else if (format.kind === 'yaml') terminal.out(await toYaml({ items }));
    else if (format.kind === 'jsonpath') terminal.out(format.fill({ items }));
    else if (items.length === 0 && !follows) terminal.err('Nothing that it said is kept.\n');
    else terminal.out(items.map(lineOf).join(''));
    if (listed.more)
      terminal.err(`There is more before it: --limit ${Math.min(limit * 10, 100_000)} shows it.\n`);
    return follows ? await follow(client, path, query, items, context) : 'ok';
  } finally {
    await client.close();
  }
};

type Query = Readonly<Record<string, string | undefined>>;

function queryOf(invocation: Invocation, context: Context): Query {
  return {
    since: sinceOf(option(invocation, 'since'), context.now()),
    until: sinceOf(option(invocation, 'until'), context.now(), 'until'),
    q: option(invocation, 'grep'),
  };
}

/** Asks again and again for what is newer than the last line. Errors: CliError. */
async function follow(
  client: RestClient,
  path: string,
  query: Query,
  begun: readonly Item[],
  { terminal, signal, now }: Context,
): Promise<Exit> {
  let since = stringMember(begun.at(-1), 'at') ?? query.since ?? new Date(now()).toISOString();
  let shown = new Set(begun.map(({ id }) => id));
  for (;;) {
    await sleep(systemTimers, followMs, signal);
    if (signal.aborted) return 'interrupted';
    const { items } = await readItems(client, path, { ...query, since }, 10_000, signal);
    const news = items.toReversed().filter(({ id }) => !shown.has(id));
    terminal.out(news.map(lineOf).join(''));
    since = stringMember(news.at(-1), 'at') ?? since;
    shown = new Set(items.map(({ id }) => id));
  }
}

function lineOf(item: Item): string {
  const at = stringMember(item, 'at')?.replace(/\.\d+Z$/, 'Z') ?? '';
  return `${at}  ${printable(stringMember(item, 'text') ?? '')}\n`;
}
