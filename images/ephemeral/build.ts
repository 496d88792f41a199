import { copyFile, link, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Artifact, cached, describeArtifact } from '../lib/cache.ts';
import { encodeCpio } from '../lib/cpio.ts';
import { ephemeralBase } from './base.ts';

const here = dirname(fileURLToPath(import.meta.url));
const repository = join(here, '../..');

/** What a rack serves to a machine that boots over the network. */
export interface EphemeralImage {
  name: 'ephemeral';
  directory: string;
  kernel: Artifact;
  initrd: Artifact;
  /** What its kernel should be started with besides what the rack adds. */
  kernelArguments: string[];
}

/**
 * Messages of the kernel go to a serial line letter by letter, and its tests of its own cryptography take seconds where a
 * processor is slow: neither is of use to an installer.
 */
const kernelArguments = ['quiet', 'cryptomgr.notests'];

/**
 * Builds the ephemeral OS: one kernel and one initramfs. The initramfs is two archives in a row: a large one that changes
 * with its recipe, and a small one with our own program, so that a change of the agent costs a second.
 */
export async function buildEphemeral(suite = 'bookworm'): Promise<EphemeralImage> {
  const node = join(repository, 'node_modules/.bin/node');
  const base = await ephemeralBase(suite, node);
  const agent = await bundleAgent();
  const scripts = ['init', 'udhcpc'].map((name) => join(here, 'files', name));
  const inputs = { words: [agent, base.archive], files: [...scripts, join(here, 'build.ts')] };
  const directory = await cached('ephemeral', inputs, async (to) => {
    const own = encodeCpio([
      { path: 'mw', mode: 0o040755 },
      { path: 'mw/agent.mjs', mode: 0o100644, data: Buffer.from(agent) },
      { path: 'mw/init', mode: 0o100755, data: await readFile(join(here, 'files/init')) },
      { path: 'mw/udhcpc', mode: 0o100755, data: await readFile(join(here, 'files/udhcpc')) },
    ]);
    await writeFile(join(to, 'initrd.img'), Buffer.concat([await readFile(base.archive), own]));
    await link(base.kernel, join(to, 'vmlinuz')).catch(() => copyFile(base.kernel, join(to, 'vmlinuz')));
  });
  return {
    name: 'ephemeral',
    directory,
    kernel: await describeArtifact(join(directory, 'vmlinuz')),
    initrd: await describeArtifact(join(directory, 'initrd.img')),
    kernelArguments: [...kernelArguments],
  };
}

/** The agent and everything that it imports, as one module. */
async function bundleAgent(): Promise<string> {
  const result = await build({
    entryPoints: [join(repository, 'src/bin/agent.ts')],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    write: false,
    logLevel: 'silent',
  });
  const text = result.outputFiles[0]?.text;
  if (text === undefined) throw new Error('esbuild made no output');
  return text;
}
