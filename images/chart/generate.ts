import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../lib/run.ts';
import { chartFiles } from './files.ts';
import { chartReference } from './reference.ts';

/** Writes what of `charts/metalwright` is made from the sources, and the page of its values: `npm run chart`. */
const folder = join(import.meta.dirname, '../../charts/metalwright');
const files = chartFiles();
for (const { path, content } of files) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}
const wanted = new Set(files.map(({ path }) => path));
for (const name of readdirSync(join(folder, 'files/crds'))) {
  if (!wanted.has(`files/crds/${name}`)) rmSync(join(folder, 'files/crds', name));
}
const page = join(import.meta.dirname, '../../docs/reference/chart.md');
writeFileSync(page, chartReference(readFileSync(join(folder, 'values.yaml'), 'utf8')));
const json = files.map(({ path }) => join(folder, path)).filter((path) => path.endsWith('.json'));
await run(join(import.meta.dirname, '../../node_modules/.bin/biome'), ['format', '--write', ...json]);
console.log(`charts/metalwright: ${files.length} files`);
