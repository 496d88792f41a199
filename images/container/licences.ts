import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Prints the licences of a parts list, with the texts that are installed below folders: `node licences.ts SBOM FOLDER...`. */

interface Installed {
  name: string;
  version: string;
  licence: string;
  text: string | undefined;
}

function packagesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => {
      const path = join(folder, name);
      return name.startsWith('@') ? packagesIn(path) : [path, ...packagesIn(join(path, 'node_modules'))];
    });
}

function describe(path: string): Installed[] {
  const file = join(path, 'package.json');
  if (!existsSync(file)) return [];
  const { name, version, license, licenses } = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof name !== 'string' || typeof version !== 'string') return [];
  const old = Array.isArray(licenses) ? licenses.map((each) => each?.type ?? each).join(' OR ') : undefined;
  const licence = typeof license === 'string' ? license : (license?.type ?? old ?? 'not said');
  const [found] = readdirSync(path).filter((each) => /^(licen[cs]e|copying)/i.test(each));
  return [{ name, version, licence, text: found && readFileSync(join(path, found), 'utf8').trim() }];
}

const [list = 'sbom.cdx.json', ...roots] = process.argv.slice(2);
const { components }: { components: { name: string; version: string; purl: string }[] } = JSON.parse(
  readFileSync(list, 'utf8'),
);
const foreign = components.filter(
  ({ purl }) => purl.startsWith('pkg:npm/') && !purl.startsWith('pkg:npm/%40metalwright/'),
);
const wanted = new Set(foreign.map(({ name, version }) => `${name}@${version}`));
const installed = roots
  .flatMap((root) => [join(root, 'node_modules'), join(root, 'web', 'node_modules')])
  .flatMap(packagesIn)
  .flatMap(describe)
  .map((each) => [`${each.name}@${each.version}`, each] as const);
// The same version may be installed twice.
const all = [...new Map(installed).entries()]
  .flatMap(([id, each]) => (wanted.delete(id) ? [each] : []))
  .sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
if (wanted.size > 0) throw new Error(`not installed, so without a licence: ${[...wanted].join(', ')}`);
console.log('# Licences of what Metalwright brings along\n\n| package | version | licence |\n|---|---|---|');
console.log(
  `| Node.js | ${process.versions.node} | MIT and others: github.com/nodejs/node/blob/${process.version}/LICENSE |`,
);
for (const { name, version, licence } of all) console.log(`| ${name} | ${version} | ${licence} |`);
for (const { name, version, text } of all) {
  if (text !== undefined) console.log(`\n## ${name} ${version}\n\n${text}`);
}
