import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const repository = join(import.meta.dirname, '..', '..');

/**
 * Builds `mw` as one file that runs wherever Node 24 is. What a command does not need is in it, but not initialised until it does.
 *
 * @returns where it lies
 */
export async function buildMw(outfile = join(repository, 'dist', 'mw')): Promise<string> {
  await build({
    entryPoints: [join(repository, 'src/bin/mw.ts')],
    bundle: true,
    platform: 'node',
    target: 'node24',
    // CommonJS: modules of Node are loaded when they are needed, and Node keeps the compiled code for the next start.
    format: 'cjs',
    minify: true,
    outfile,
    banner: { js: "require('node:module').enableCompileCache?.();" },
    logLevel: 'error',
  });
  chmodSync(outfile, 0o755);
  // Below this repository's package.json it would be taken for an ES module; anywhere else it needs nothing beside it.
  writeFileSync(join(dirname(outfile), 'package.json'), '{ "type": "commonjs" }\n');
  return outfile;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(await buildMw(process.argv[2]));
}
