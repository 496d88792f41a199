import type { KubeObject } from '../../../kube/resource.ts';
import { type Cluster, type Context, flag, type Invocation, option } from '../../command.ts';
import { CliError } from '../../errors.ts';
import type { Exit } from '../../exit-codes.ts';
import { observe } from '../../follow/observe.ts';
import type { Kind } from '../../kinds.ts';
import { type ObjectTable, tableOf } from '../../output/columns.ts';
import { parseFormat, renderObjects } from '../../output/format.ts';
import { layOut, widthsOf } from '../../output/table.ts';

/** Options that become a field selector: of the option's name, the path of the field. */
export type FieldOptions = Readonly<Record<string, string>>;

interface Scope {
  namespace: string | undefined;
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
}

/** `mw NOUN list`: all objects of a kind in any format; with `--watch` also every change. */
export async function listObjects(
  kind: Kind,
  invocation: Invocation,
  context: Context,
  fields: FieldOptions = {},
): Promise<Exit> {
  const format = parseFormat(option(invocation, 'output'));
  const cluster = await context.cluster();
  const all = flag(invocation, 'all-namespaces');
  const scope: Scope = {
    namespace: kind.namespaced && !all ? (option(invocation, 'namespace') ?? cluster.namespace) : undefined,
    labelSelector: option(invocation, 'selector'),
    fieldSelector: fieldSelectorOf(invocation, fields),
  };
  const watching = flag(invocation, 'watch');
  if (format.kind !== 'table') {
    if (watching) throw new CliError('usage', `--watch shows a table: leave out -o ${format.kind}`);
    const { items } = await cluster.client.list(kind, { ...scope, signal: context.signal });
    context.terminal.out(await renderObjects(byName(items), format, false));
    return 'ok';
  }
  const table = tableOf(kind, format.wide, kind.namespaced && all);
  if (watching) return await watch(kind, cluster, scope, table, context);
  const { headings, rows } = await rowsOf(kind, cluster, scope, table, { wide: format.wide, all, context });
  if (rows.length === 0) {
    const where = scope.namespace === undefined ? '' : ` in namespace ${scope.namespace}`;
    context.terminal.err(`No ${kind.plural} found${where}.\n`);
  } else {
    context.terminal.out(layOut(headings, rows, context.terminal));
  }
  return 'ok';
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

async function watch(
  kind: Kind,
  cluster: Cluster,
  scope: Scope,
  table: ObjectTable,
  context: Context,
): Promise<Exit> {
  const { terminal } = context;
  const known = new Map<string, string>();
  let widths: number[] | undefined;
  for await (const seen of observe<KubeObject>(cluster.client, kind, { ...scope, signal: context.signal })) {
    const objects = seen.kind === 'All' ? byName(seen.objects) : [seen.object];
    const rows = objects.map((object) => ({ object, row: table.row(object, context.now()) }));
    const fresh = rows.filter(({ object, row }) => {
      const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      // Without the age, which is another one each time.
      const shown = JSON.stringify(row.filter((_, index) => table.headings[index] !== 'Age'));
      if (seen.kind === 'Gone') {
        known.delete(key);
        return true;
      }
      if (known.get(key) === shown) return false;
      known.set(key, shown);
      return true;
    });
    const cells = fresh.map(({ row }) => (seen.kind === 'Gone' ? [...row.slice(0, -1), 'removed'] : row));
    const first = widths === undefined;
    widths ??= widthsOf(table.headings, cells);
    terminal.out(layOut(table.headings, cells, { ...terminal, headings: first }, widths));
  }
  return 'interrupted';
}

function fieldSelectorOf(invocation: Invocation, fields: FieldOptions): string | undefined {
  const terms = Object.entries(fields).flatMap(([name, path]) => {
    const value = option(invocation, name);
    return value === undefined ? [] : [`${path}=${value}`];
  });
  return terms.length === 0 ? undefined : terms.join(',');
}

function byName<T extends KubeObject>(items: readonly T[]): T[] {
  const key = ({ metadata }: T): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  return items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
