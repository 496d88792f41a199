import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findContainerImage } from '../../images/container/build.ts';
import { findContainerImages } from '../../images/container/multi.ts';
import { type Architecture, architectures, namesOf } from '../../images/lib/architecture.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type ImageRoot, openImage } from './support/image-root.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const images = await Promise.all(
  architectures.map(async (architecture) => ({
    architecture,
    image: await findContainerImage(architecture),
  })),
);
const together = await findContainerImages();

/** Why nothing of this can run here, for whoever reads the output. */
function reasonWithout(found: unknown, architecture: Architecture | 'all'): string | undefined {
  if (found === undefined) return `not built of these sources: ./dev build image --arch ${architecture}`;
  return isRoot ? undefined : 'only root can change into an unpacked image';
}
const because = (reason: string | undefined) => (reason === undefined ? '' : ` (skipped: ${reason})`);

/** Sockets by the C library, of the image's architecture: its calls, and the layout of what they are given. */
const sockets = `
const { createRawSocketFactory } = await import('/opt/metalwright/src/rack/net/socket-factory.ts');
const raw = await createRawSocketFactory({ warn: (fields, message) => { throw new Error(message + ': ' + fields.error); } });
raw.openDhcpTap({ device: 'lo' }).close();
const echo = raw.openEcho({ device: 'lo' });
echo.ask(0x7f000001, 77, 3);
let reply;
while (reply === undefined) reply = echo.next();
console.log(process.arch, JSON.stringify(reply));
process.exit();`;

describe.each(images)('the container image for $architecture', ({ architecture, image }) => {
  const reason = reasonWithout(image, architecture);
  const skipped = reason !== undefined;
  let root: ImageRoot;

  beforeAll(async () => {
    if (!skipped && image !== undefined) root = await openImage(image);
  });
  afterAll(() => root?.close());

  it.skipIf(skipped)(
    `runs as a user that is not root, where nothing but /tmp can be written${because(reason)}`,
    async () => {
      expect(root.config).toMatchObject({ architecture, config: { User: '65532:65532' } });
      expect((await root.program('--version')).stdout.trim()).toBe(packageJson.version);
      expect((await root.program('help')).stderr).toContain('serves a provisioning network');
      expect((await root.program('mw', '--help')).stdout).toContain('mw');
    },
  );

  it.skipIf(skipped).each(['operator', 'rack', 'server'])(
    'starts as %s and asks for the API server',
    async (name) => {
      await root.programSays(new RegExp(`"program":"${name}","informer":.*listing `), name);
    },
  );

  it.skipIf(skipped)('calls the C library: a ping, and a packet filter', async () => {
    const { stdout } = await root.asRoot('/usr/local/bin/node', '--input-type=module', '--eval', sockets);
    expect(stdout.trim()).toBe(
      `${namesOf[architecture].npm} {"address":${0x7f000001},"identifier":77,"sequence":3}`,
    );
  });

  it.skipIf(skipped)('has the programs that drivers of power run', async () => {
    for (const [program, flag] of [
      ['virsh', '--version'],
      ['ssh', '-V'],
    ] as const) {
      const { stdout, stderr } = await root.asRoot(`/usr/bin/${program}`, flag);
      expect(stdout + stderr, program).toMatch(/\d+\.\d+/);
    }
  });

  it.skipIf(skipped)('holds boot loaders, the web UI, its parts list and their licences', async () => {
    for (const path of [
      ...['usr/lib/ipxe/undionly.kpxe', 'usr/lib/ipxe/snponly.efi', 'usr/lib/shim/shimx64.efi.signed'],
      ...['usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed', 'usr/lib/ISOLINUX/isolinux.bin'],
      ...['ipxe', 'grub-efi-amd64-bin'].map((name) => `usr/lib/metalwright/licences/${name}`),
      ...['opt/metalwright/web/dist/index.html', 'opt/metalwright/LICENSE', 'opt/metalwright/LICENCES.md'],
    ]) {
      expect((await stat(join(root.path, path))).size, path).toBeGreaterThan(0);
    }
    const parts = z
      .object({ bomFormat: z.string(), components: z.array(z.object({ name: z.string() })) })
      .parse(JSON.parse(await readFile(join(root.path, 'opt/metalwright/sbom.cdx.json'), 'utf8')));
    expect(parts.bomFormat).toBe('CycloneDX');
    const names = parts.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(packageJson.dependencies)));
    const native = names.filter((name) => name.startsWith('@koromix/'));
    expect(native).toEqual([`@koromix/koffi-linux-${namesOf[architecture].npm}`]);
    expect(await readFile(join(root.path, 'opt/metalwright/LICENCES.md'), 'utf8')).toContain(
      `| ${native[0]} |`,
    );
  });

  it.skipIf(skipped)('has less than 400 MiB, no test, no npm and nothing with set-user-ID', async () => {
    expect(image?.sizeMib).toBeLessThan(400);
    const { stdout } = await run('find', [
      ...[join(root.path, 'opt'), join(root.path, 'usr'), '-xdev'],
      ...['(', '-name', '*.test.ts', '-o', '-name', 'npm-cli.js', '-o', '-perm', '/6000', ')'],
    ]);
    expect(stdout).toBe('');
  });

  it.skipIf(skipped)('has programs and libraries of its own architecture alone', async () => {
    // The machine of an ELF file is in its bytes 18 and 19: 0x3e x86-64, 0xb7 AArch64.
    const { stdout } = await run('find', [
      ...[
        root.path,
        '-xdev',
        '-type',
        'f',
        '(',
        '-perm',
        '/111',
        '-o',
        '-name',
        '*.so*',
        '-o',
        '-name',
        '*.node',
        ')',
      ],
      ...[
        '-exec',
        'sh',
        '-c',
        `for path; do od -An -tx1 -N20 "$path" | tr -d ' \n'; echo " $path"; done`,
        'sh',
        '{}',
        '+',
      ],
    ]);
    const elf = stdout.split('\n').filter((line) => line.startsWith('7f454c46'));
    expect(elf.length).toBeGreaterThan(100);
    const own = { amd64: '3e00', arm64: 'b700' }[architecture];
    expect(elf.filter((line) => line.slice(36, 40) !== own)).toEqual([]);
  });
});

describe('the container images together', () => {
  const reason = reasonWithout(together, 'all');

  it.skipIf(reason !== undefined)(
    `are one image index, of every architecture${because(reason)}`,
    async () => {
      const member = async (name: string) =>
        JSON.parse(
          (await run('tar', ['--extract', '--to-stdout', '--file', together?.archive ?? '', name])).stdout,
        );
      const Index = z.object({
        manifests: z.array(
          z.object({
            digest: z.string(),
            platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
          }),
        ),
      });
      const [entry] = Index.parse(await member('index.json')).manifests;
      const { manifests } = Index.parse(await member(`blobs/${entry?.digest.replace(':', '/')}`));
      expect(manifests.map(({ platform }) => platform)).toEqual(
        architectures.map((architecture) => ({ os: 'linux', architecture })),
      );
    },
  );
});
