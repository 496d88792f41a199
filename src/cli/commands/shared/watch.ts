import type { KubeObject } from '../../../kube/resource.ts';
import type { Cluster, Context } from '../../command.ts';
import type { Exit } from '../../exit-codes.ts';
import { observe } from '../../follow/observe.ts';
import type { Kind } from '../../kinds.ts';
import type { ObjectTable } from '../../output/columns.ts';
import { layOut, widthsOf } from '../../output/table.ts';

/** Which objects of a kind. */
export interface Scope {
  namespace: string | undefined;
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
}

/** `mw NOUN list --watch`: all objects as a table, then a row for each that changes or goes. */
export async function watchObjects(
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

/** In the order of the API server. */
export function byName<T extends KubeObject>(items: readonly T[]): T[] {
  const key = ({ metadata }: T): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  return items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
