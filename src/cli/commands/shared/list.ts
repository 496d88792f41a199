import type { KubeObject } from '../../../kube/resource.ts';
import { type Cluster, type Context, flag, type Invocation, option } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Exit } from '../../exit-codes.ts';
import type { Kind } from '../../kinds.ts';
import { type ObjectTable, tableOf } from '../../output/columns.ts';
import { parseFormat, renderObjects } from '../../output/format.ts';
import { layOut } from '../../output/table.ts';
import { fieldsOf } from '../../server/fields.ts';
import { mustAskServer, objectsOfServer } from '../../server/objects.ts';
import { byName, type Scope, watchObjects } from './watch.ts';

/** Options that become a field selector: of the option's name, the path of the field. */
export type FieldOptions = Readonly<Record<string, string>>;

/**
 * `mw NOUN list`: all objects of a kind in any format; with `--watch` also every change. The REST API is asked where it is named, since
 * it has tables of thousands of objects many times sooner than the API server.
 */
export async function listObjects(
  kind: Kind,
  invocation: Invocation,
  context: Context,
  fields: FieldOptions = {},
): Promise<Exit> {
  const format = parseFormat(option(invocation, 'output'));
  const all = flag(invocation, 'all-namespaces');
  const ofOne = kind.namespaced && !all;
  const scope: Scope = {
    namespace: ofOne ? (option(invocation, 'namespace') ?? (await context.cluster()).namespace) : undefined,
    labelSelector: option(invocation, 'selector'),
    fieldSelector: fieldSelectorOf(invocation, fields),
  };
  const watching = flag(invocation, 'watch');
  if (watching && format.kind !== 'table')
    throw new CliError('usage', `--watch shows a table: leave out -o ${format.kind}`);
  if (watching && mustAskServer(invocation))
    throw new CliError('usage', '--watch is with the API server: leave out what names the REST API');
  if (format.kind !== 'table') {
    const items = await objectsOf(kind, invocation, context, scope, format.kind === 'name');
    context.terminal.out(await renderObjects(byName(items), format, false));
    return 'ok';
  }
  const table = tableOf(kind, format.wide, kind.namespaced && all);
  if (watching) return await watchObjects(kind, await context.cluster(), scope, table, context);
  const found = await objectsOfServer(kind, invocation, context, {
    ...scope,
    fields: fieldsOf(kind.columns, format.wide),
  });
  const { headings, rows } =
    found === undefined
      ? await rowsOf(kind, await context.cluster(), scope, table, { wide: format.wide, all, context })
      : { headings: table.headings, rows: found.map((item) => table.row(item, context.now())) };
  if (rows.length === 0) {
    const where = scope.namespace === undefined ? '' : ` in namespace ${scope.namespace}`;
    context.terminal.err(`No ${kind.plural} found${where}.\n`);
  } else {
    context.terminal.out(layOut(headings, rows, context.terminal));
  }
  return 'ok';
}

/** @param names only names are shown. Whole objects come from the API server, unless the command line names the REST API */
async function objectsOf(
  kind: Kind,
  invocation: Invocation,
  context: Context,
  scope: Scope,
  names: boolean,
): Promise<readonly KubeObject[]> {
  if (names || mustAskServer(invocation)) {
    const wish = { ...scope, fields: names ? 'metadata.name' : undefined };
    const found = await objectsOfServer(kind, invocation, context, wish);
    if (found !== undefined) return found;
  }
  const { client } = await context.cluster();
  return (await client.list(kind, { ...scope, signal: context.signal })).items;
}

interface Rows {
  headings: string[];
  rows: string[][];
}

async function rowsOf(
  kind: Kind,
  cluster: Cluster,
  scope: Scope,
  table: ObjectTable,
  { wide, all, context }: { wide: boolean; all: boolean; context: Context },
): Promise<Rows> {
  if (cluster.table === undefined) {
    const { items } = await cluster.client.list(kind, { ...scope, signal: context.signal });
    return { headings: table.headings, rows: byName(items).map((item) => table.row(item, context.now())) };
  }
  const printed = await cluster.table(kind, scope);
  const shown = printed.columns.flatMap(({ priority }, index) => (wide || priority === 0 ? [index] : []));
  const withNamespace = kind.namespaced && all;
  return {
    headings: [
      ...(withNamespace ? ['Namespace'] : []),
      ...shown.map((index) => printed.columns[index]?.name ?? ''),
    ],
    rows: printed.rows.map(({ namespace, cells }) => [
      ...(withNamespace ? [namespace ?? ''] : []),
      ...shown.map((index) => cells[index] ?? ''),
    ]),
  };
}

function fieldSelectorOf(invocation: Invocation, fields: FieldOptions): string | undefined {
  const terms = Object.entries(fields).flatMap(([name, path]) => {
    const value = option(invocation, name);
    return value === undefined ? [] : [`${path}=${value}`];
  });
  return terms.length === 0 ? undefined : terms.join(',');
}
