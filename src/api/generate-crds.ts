import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderCrds } from './crd/render.ts';

/** Writes `crds/` from the schemas; with `--check`, writes nothing and fails when a file would change. */

const folder = join(import.meta.dirname, '../../crds');
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

mkdirSync(folder, { recursive: true });
const wanted = new Map(renderCrds().map(({ name, content }) => [name, content]));
const present = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
const stale = [...new Set([...wanted.keys(), ...present.keys()])].filter(
  (name) => wanted.get(name) !== present.get(name),
);

for (const name of stale) {
  const content = wanted.get(name);
  if (values.check) console.error(`crds/${name} is stale: npm run crds`);
  else if (content === undefined) rmSync(join(folder, name));
  else writeFileSync(join(folder, name), content);
}
if (values.check && stale.length > 0) process.exitCode = 1;
if (!values.check) console.log(`crds/: ${wanted.size} kinds, ${stale.length} files changed`);
