import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
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
  const { outputFiles } = await build({
    entryPoints: [join(repository, 'src/bin/mw.ts')],
    bundle: true,
    platform: 'node',
    target: 'node24',
    // CommonJS: modules of Node are loaded when they are needed, and Node keeps the compiled code for the next start.
    format: 'cjs',
    minify: true,
    legalComments: 'external',
    outfile,
    write: false,
    logLevel: 'error',
  });
  const textOf = (end: string): string =>
    outputFiles.find(({ path }) => path === outfile + end)?.text.replace(/^#!.*\n/, '') ?? '';
  mkdirSync(dirname(outfile), { recursive: true });
  writeFileSync(outfile, packed(textOf(''), textOf('.LEGAL.txt')));
  chmodSync(outfile, 0o755);
  // Below this repository's package.json it would be taken for an ES module; anywhere else it needs nothing beside it.
  writeFileSync(join(dirname(outfile), 'package.json'), '{ "type": "commonjs" }\n');
  return outfile;
}

/**
 * The program as a text within the file that starts it. Node compiles the file that it is told to run before that can ask for the
 * cache of compiled code; what it compiles afterwards is in the cache, and that is most of the time of a start.
 *
 * @param notices the licences of what is in it
 */
function packed(program: string, notices: string): string {
  const text = `const program=${JSON.stringify(program)};
const Module=require('node:module');
Module.enableCompileCache?.();
module._compile(program,__filename+'.cjs');
/*
${notices.replaceAll('*/', '* /')}*/
`;
  // With a single other letter all of it would take two bytes a letter, and twice as long to read.
  return `#!/usr/bin/env node\n${text.replaceAll(/[^\0-\x7f]/g, escaped)}`;
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(await buildMw(process.argv[2]));
}
