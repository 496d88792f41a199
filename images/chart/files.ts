import { renderCrds } from '../../src/api/crd/render.ts';
import { chartAccess } from './access.ts';
import { alerts } from './alerts.ts';
import { dashboard } from './dashboard.ts';
import { valuesSchema } from './values.ts';

/** A file of the chart that is made from the sources. */
export interface ChartFile {
  /** Below `charts/metalwright`. */
  path: string;
  content: string;
}

/** Every file of the chart that is not written by hand. */
export function chartFiles(): ChartFile[] {
  const json = (path: string, value: unknown): ChartFile => ({
    path,
    content: `${JSON.stringify(value, undefined, 2)}\n`,
  });
  return [
    ...renderCrds().map(({ name, content }) => ({ path: `files/crds/${name}`, content })),
    json('files/access.json', chartAccess()),
    json('files/alerts.json', alerts()),
    json('files/dashboard.json', dashboard()),
    json('values.schema.json', valuesSchema()),
  ];
}
