import type { KubeObject } from '../../kube/resource.ts';
import type { Kind } from '../kinds.ts';
import { ageOf } from './age.ts';
import { path, textOf } from './jsonpath.ts';

/** How the objects of a kind become rows: its name, then its printer columns, as the API server would print them. */
export interface ObjectTable {
  headings: string[];
  /** @param now epoch milliseconds */
  row(object: KubeObject, now: number): string[];
}

/** @param wide columns of lower priority, too. @param withNamespace a column for it, first */
export function tableOf(kind: Pick<Kind, 'columns'>, wide: boolean, withNamespace: boolean): ObjectTable {
  const columns = kind.columns
    .filter(({ priority }) => wide || priority === 0)
    .map((column) => ({ ...column, values: path(column.jsonPath) }));
  return {
    headings: [...(withNamespace ? ['Namespace'] : []), 'Name', ...columns.map(({ name }) => name)],
    row: (object, now) => [
      ...(withNamespace ? [object.metadata.namespace ?? ''] : []),
      object.metadata.name,
      ...columns.map(({ type, values }) => {
        const [value, ...more] = values(object);
        if (value === undefined || value === null) return '';
        if (type === 'date') return ageOf(textOf(value), now);
        return [value, ...more].map(textOf).join(',');
      }),
    ],
  };
}
