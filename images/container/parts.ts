import { readFileSync } from 'node:fs';

/**
 * Makes one list of the parts of an image out of npm's CycloneDX lists: `node parts.ts package-lock.json CPU LIST...`. Taken away
 * is what only building and testing needs (npm's own --omit=dev leaves out what a program needs as soon as a tool needs it too),
 * and what is for other platforms than Linux with glibc on that CPU, by its name in npm. Of a part in several lists the first tells.
 */

interface Part {
  'bom-ref': string;
  name: string;
  version: string;
}

interface List {
  components: Part[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

interface Locked {
  dev?: boolean;
  link?: boolean;
  name?: string;
  version?: string;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}

const [lockPath = 'package-lock.json', cpu = process.arch, ...listPaths] = process.argv.slice(2);

/** By npm's rule: one of those that are named, or none of those with a mark. */
function allows(named: readonly string[] = [], own: string): boolean {
  const forbidden = named.filter((each) => each.startsWith('!'));
  const allowed = named.filter((each) => !each.startsWith('!'));
  return !forbidden.includes(`!${own}`) && (allowed.length === 0 || allowed.includes(own));
}

const lock: { packages: Record<string, Locked> } = JSON.parse(readFileSync(lockPath, 'utf8'));
const needed = new Set(
  Object.entries(lock.packages)
    .filter(([, { dev, link }]) => !dev && !link)
    .filter(
      ([, { os, cpu: cpus, libc }]) => allows(os, 'linux') && allows(cpus, cpu) && allows(libc, 'glibc'),
    )
    .map(([path, { name, version }]) => `${name ?? path.split('node_modules/').at(-1)}@${version}`),
);

const lists = listPaths.map((path): List => JSON.parse(readFileSync(path, 'utf8')));
const [first] = lists;
if (first === undefined) throw new Error('no list of parts is named');
const parts = new Map(
  lists
    .toReversed()
    .flatMap((list) => list.components)
    .map((part) => [part['bom-ref'], part]),
);
const components = [...parts.values()]
  .filter(({ name, version }) => needed.has(`${name}@${version}`))
  .sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
const kept = new Set(components.map((part) => part['bom-ref']));
const edges = new Map<string, Set<string>>();
for (const { ref, dependsOn = [] } of lists.flatMap((list) => list.dependencies)) {
  const all = edges.get(ref) ?? new Set();
  for (const each of dependsOn) if (kept.has(each)) all.add(each);
  edges.set(ref, all);
}
const dependencies = [...edges]
  // The first is of the whole.
  .filter(([ref], index) => index === 0 || kept.has(ref))
  .map(([ref, dependsOn]) => ({ ref, dependsOn: [...dependsOn] }));
const node = {
  ...{ 'bom-ref': `node@${process.version.slice(1)}`, type: 'platform', name: 'node' },
  ...{ version: process.version.slice(1), purl: `pkg:generic/node@${process.version.slice(1)}` },
};
console.log(JSON.stringify({ ...first, components: [...components, node], dependencies }, undefined, 2));
