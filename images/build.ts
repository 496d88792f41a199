#!/usr/bin/env node
/**
 * Builds the images of Metalwright into the cache and prints where they are, as JSON: `node images/build.ts
 * [ephemeral|debian-12|all]`. What was built from the same inputs before is found again at once.
 */
import { buildDebian12 } from './debian-12/build.ts';
import { buildEphemeral } from './ephemeral/build.ts';

const builders = { ephemeral: () => buildEphemeral(), 'debian-12': () => buildDebian12() } as const;

const wanted = process.argv[2] ?? 'all';
const names = Object.keys(builders);
if (wanted !== 'all' && !names.includes(wanted)) {
  console.error(`unknown image "${wanted}": one of ${names.join(', ')}, all`);
  process.exit(2);
}
const images: Record<string, unknown> = {};
for (const [name, build] of Object.entries(builders)) {
  if (wanted === 'all' || wanted === name) images[name] = await build();
}
console.log(JSON.stringify(images, null, 2));
