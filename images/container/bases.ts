import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached } from '../lib/cache.ts';
import { run, shell } from '../lib/run.ts';

/** What the image stands on, beside the essential packages of Debian. */
const basePackages = ['libstdc++6', 'ca-certificates', 'openssh-client', 'libvirt-clients'];
const loaderPackages = [
  ...['ipxe', 'isolinux', 'syslinux-common'],
  ...['grub-efi-amd64-bin', 'grub-efi-amd64-signed', 'shim-signed'],
];
const loaderFolders = ['ipxe', 'ISOLINUX', 'syslinux', 'grub', 'shim'];

/** Three root file systems as archives: for the image, to build in, and with boot loaders. */
export async function baseRoots(suite: string): Promise<string> {
  const node = process.execPath;
  const npm = dirname(dirname(await run('readlink', ['-f', (await run('which', ['npm'])).trim()])));
  const words = [suite, process.arch, process.version, await run('npm', ['--version'])];
  return cached('container-bases', { words, files: [import.meta.filename] }, async (to) => {
    const root = join(to, 'root');
    await run('mmdebstrap', [
      ...['--quiet', '--mode=root', '--variant=essential', '--components=main'],
      ...['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
      ...['--dpkgopt=path-include=/usr/share/doc/*/copyright', '--aptopt=APT::Install-Recommends "false"'],
      '--dpkgopt=force-unsafe-io',
      // Otherwise a program comes along that merges /usr, and all of Perl with it: 48 MiB.
      '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr',
      ...[`--include=${basePackages.join(',')}`, suite, root],
    ]);
    await shell(
      `rm -rf "$ROOT"/var/cache/* "$ROOT"/var/log/* "$ROOT"/var/lib/apt/lists/* "$ROOT"/usr/share/man "$ROOT"/dev/*
       tar -C "$ROOT" --numeric-owner -cf "$TO/base.tar" .`,
      { env: { ROOT: root, TO: to } },
    );
    const loaders = join(to, 'loaders');
    await run('mmdebstrap', [
      ...['--quiet', '--mode=root', '--variant=extract', '--components=main'],
      ...[
        '--aptopt=APT::Install-Recommends "false"',
        `--include=${loaderPackages.join(',')}`,
        suite,
        loaders,
      ],
    ]);
    await cp(root, join(to, 'with-loaders'), { recursive: true, verbatimSymlinks: true });
    for (const folder of loaderFolders) {
      await cp(join(loaders, 'usr/lib', folder), join(to, 'with-loaders/usr/lib', folder), {
        recursive: true,
      });
    }
    for (const name of loaderPackages) {
      const path = `usr/share/doc/${name}`;
      await cp(join(loaders, path), join(to, 'with-loaders', path), { recursive: true });
    }
    await shell('tar -C "$TO/with-loaders" --numeric-owner -cf "$TO/loaders.tar" .', { env: { TO: to } });
    await shell(
      `mkdir -p "$ROOT/usr/local/lib/node_modules" "$ROOT/usr/local/bin"
       cp "$NODE" "$ROOT/usr/local/bin/node"
       cp -a "$NPM" "$ROOT/usr/local/lib/node_modules/npm"
       ln -s ../lib/node_modules/npm/bin/npm-cli.js "$ROOT/usr/local/bin/npm"
       # Authorities that this computer trusts beside Debian's.
       cp -L /etc/ssl/certs/ca-certificates.crt "$ROOT/etc/ssl/certs/ca-certificates.crt"
       tar -C "$ROOT" --numeric-owner -cf "$TO/build.tar" .
       rm -rf "$ROOT" "$TO/loaders" "$TO/with-loaders"`,
      { env: { ROOT: root, TO: to, NODE: node, NPM: npm } },
    );
  });
}
