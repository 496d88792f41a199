import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

/**
 * Takes from npm's CycloneDX list of everything installed what only building and testing needs: `npm sbom … | node parts.ts
 * package-lock.json`. npm's own --omit=dev leaves out what a program needs as soon as a tool needs it too.
 */

interface Part {
  'bom-ref': string;
  name: string;
  version: string;
}

const lock: { packages: Record<string, { dev?: boolean; link?: boolean; name?: string; version?: string }> } =
  JSON.parse(readFileSync(process.argv[2] ?? 'package-lock.json', 'utf8'));
const needed = new Set(
  Object.entries(lock.packages).flatMap(([path, { dev, link, name, version }]) =>
    dev || link ? [] : [`${name ?? path.split('node_modules/').at(-1)}@${version}`],
  ),
);

const list: { components: Part[]; dependencies: { ref: string; dependsOn?: string[] }[] } = JSON.parse(
  await text(process.stdin),
);
const components = list.components.filter(({ name, version }) => needed.has(`${name}@${version}`));
const kept = new Set(components.map((part) => part['bom-ref']));
const dependencies = list.dependencies
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }))
  // The first is of the whole.
  .filter(({ ref }, index) => index === 0 || kept.has(ref));
const node = {
  ...{ 'bom-ref': `node@${process.version.slice(1)}`, type: 'platform', name: 'node' },
  ...{ version: process.version.slice(1), purl: `pkg:generic/node@${process.version.slice(1)}` },
};
console.log(JSON.stringify({ ...list, components: [...components, node], dependencies }, undefined, 2));
