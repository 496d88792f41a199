import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { ContainerImage } from '../../../images/container/build.ts';
import { openEmulation } from '../../../images/lib/emulation.ts';

const run = promisify(execFile);

const Manifest = z.tuple([z.object({ Config: z.string(), Layers: z.array(z.string()) })]);
const Config = z.object({
  architecture: z.string(),
  config: z.object({ User: z.string(), Entrypoint: z.array(z.string()), Env: z.array(z.string()) }),
});
export type ImageConfig = z.infer<typeof Config>;

/** An image that is unpacked, and the ways to run what is in it. Whatever runs has no network but a loopback of its own. */
export interface ImageRoot {
  path: string;
  config: ImageConfig;
  /** Runs its program to the end, as its user, with nothing that can be written but /tmp. */
  program(...args: string[]): Promise<{ stdout: string; stderr: string }>;
  /** Runs any command as root, to the end. */
  asRoot(...command: string[]): Promise<{ stdout: string; stderr: string }>;
  /** Starts its program and ends it as soon as it says something; throws with all that it said when it ends before. */
  programSays(what: RegExp, ...args: string[]): Promise<void>;
  close(): Promise<void>;
}

/** The shell stays: a process that becomes another user is not told any more that its parent was killed, and would live on. */
const enter = `ip link set lo up
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && root=$1 && user=$2 && shift 2
mount --rbind /dev "$root/dev" && mount -t tmpfs tmpfs "$root/tmp"
chroot --userspec="$user" "$root" "$@"
exit $?`;

/** Unpacks an image. Needs root, and for another architecture what `openEmulation` needs. */
export async function openImage({ archive, architecture }: ContainerImage): Promise<ImageRoot> {
  const folder = await mkdtemp(join(tmpdir(), 'metalwright-image-'));
  const path = join(folder, 'root');
  await run('tar', ['--extract', '--file', archive, '--directory', folder]);
  const json = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  const [manifest] = Manifest.parse(await json('manifest.json'));
  const config = Config.parse(await json(manifest.Config));
  await mkdir(path);
  for (const layer of manifest.Layers) {
    await run('tar', ['--extract', '--file', join(folder, layer), '--directory', path]);
  }
  const emulation = await openEmulation(architecture);
  const words = (user: string, command: readonly string[]): [string, string[]] => {
    const [first = '', ...rest] = [
      ...[
        ...emulation.prefix,
        'unshare',
        '--mount',
        '--net',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
      ],
      ...['env', '--ignore-environment', ...config.config.Env, 'METALWRIGHT_STATE_DIR=/tmp/metalwright'],
      ...['sh', '-ec', enter, 'sh', path, user, ...command],
    ];
    return [first, rest];
  };
  const { User, Entrypoint } = config.config;
  return {
    path,
    config,
    program: (...args) => run(...words(User, [...Entrypoint, ...args])),
    asRoot: (...command) => run(...words('0:0', command)),
    programSays: (what, ...args) => says(what, ...words(User, [...Entrypoint, ...args])),
    async close() {
      await emulation.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function says(what: RegExp, program: string, args: readonly string[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let said = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (said || !what.test(output)) return;
      said = true;
      child.kill('SIGKILL');
    });
  }
  child.on('error', reject);
  child.on('close', () => (said ? resolve() : reject(new Error(`ended without ${what}:\n${output}`))));
  return promise;
}
