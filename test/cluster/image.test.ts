import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findContainerImage } from '../../images/container/build.ts';
import packageJson from '../../package.json' with { type: 'json' };

const run = promisify(execFile);
const image = await findContainerImage();
const isRoot = process.getuid?.() === 0;

/** Why nothing of this can run here, for whoever reads the output. */
const reason =
  image === undefined
    ? 'the image of these sources is not built: ./dev build image'
    : isRoot
      ? undefined
      : 'only root can change into an unpacked image';

const Manifest = z.tuple([z.object({ Config: z.string(), Layers: z.array(z.string()) })]);
const Config = z.object({
  config: z.object({ User: z.string(), Entrypoint: z.array(z.string()), Env: z.array(z.string()) }),
});

describe(`the container image${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let folder = '';
  let root = '';
  let config: z.infer<typeof Config>['config'];

  beforeAll(async () => {
    if (reason !== undefined || image === undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'metalwright-image-'));
    root = join(folder, 'root');
    await run('tar', ['--extract', '--file', image.archive, '--directory', folder]);
    const json = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
    const [manifest] = Manifest.parse(await json('manifest.json'));
    config = Config.parse(await json(manifest.Config)).config;
    await run('mkdir', [root]);
    for (const layer of manifest.Layers) {
      await run('tar', ['--extract', '--file', join(folder, layer), '--directory', root]);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs its program as its user, with nothing that can be written. */
  async function inside(...args: string[]) {
    const script = [
      `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift`,
      `exec env --ignore-environment ${config.Env.map((each) => `'${each}'`).join(' ')} chroot --userspec=${config.User} "$@"`,
    ].join('\n');
    return await run('unshare', [
      ...['--mount', '--net', 'sh', '-ec', script, 'sh', root, root],
      ...[...config.Entrypoint, ...args],
    ]);
  }

  it.skipIf(reason !== undefined)(
    'runs as a user that is not root, where nothing can be written',
    async () => {
      expect(config.User).toBe('65532:65532');
      expect((await inside('--version')).stdout.trim()).toBe(packageJson.version);
      expect((await inside('help')).stderr).toContain('serves a provisioning network');
      expect((await inside('mw', '--help')).stdout).toContain('mw');
    },
  );

  it.skipIf(reason !== undefined)(
    'holds boot loaders, the web UI, its parts list and their licences',
    async () => {
      for (const path of [
        ...['usr/lib/ipxe/undionly.kpxe', 'usr/lib/ipxe/snponly.efi', 'usr/lib/shim/shimx64.efi.signed'],
        ...['opt/metalwright/web/dist/index.html', 'opt/metalwright/LICENSE', 'opt/metalwright/LICENCES.md'],
      ]) {
        expect((await stat(join(root, path))).size, path).toBeGreaterThan(0);
      }
      const parts = z
        .object({ bomFormat: z.string(), components: z.array(z.object({ name: z.string() })) })
        .parse(JSON.parse(await readFile(join(root, 'opt/metalwright/sbom.cdx.json'), 'utf8')));
      expect(parts.bomFormat).toBe('CycloneDX');
      expect(parts.components.map(({ name }) => name)).toEqual(
        expect.arrayContaining(Object.keys(packageJson.dependencies)),
      );
    },
  );

  it.skipIf(reason !== undefined)(
    'has less than 400 MiB, no test, no npm and nothing with set-user-ID',
    async () => {
      expect(image?.sizeMib).toBeLessThan(400);
      const { stdout } = await run('find', [
        ...[join(root, 'opt'), join(root, 'usr'), '-xdev'],
        ...['(', '-name', '*.test.ts', '-o', '-name', 'npm-cli.js', '-o', '-perm', '/6000', ')'],
      ]);
      expect(stdout).toBe('');
    },
  );
});
