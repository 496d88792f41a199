import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Architecture, namesOf, ownArchitecture } from '../lib/architecture.ts';
import { cached } from '../lib/cache.ts';
import { openEmulation } from '../lib/emulation.ts';
import { run, shell } from '../lib/run.ts';

/** What the image stands on, beside the essential packages of Debian. */
const basePackages = ['libstdc++6', 'ca-certificates', 'openssh-client', 'libvirt-clients'];
const loaderPackages = [
  ...['ipxe', 'isolinux', 'syslinux-common'],
  ...['grub-efi-amd64-bin', 'grub-efi-amd64-signed', 'shim-signed'],
];
const loaderFolders = ['ipxe', 'ISOLINUX', 'syslinux', 'grub', 'shim'];

/** Root file systems as archives, by the build arguments of the Dockerfile that they are for. */
export interface Bases {
  base: string;
  node: string;
  build: string;
  loaders: string;
}

/** Makes or finds them: what the image consists of is of its architecture, what builds it of this computer's. Needs root. */
export async function containerBases(suite: string, architecture: Architecture): Promise<Bases> {
  return {
    base: await base(suite, architecture),
    node: await node(architecture),
    build: await build(suite),
    loaders: await loaders(suite),
  };
}

/** Debian as it is, with nothing by which one user becomes another. Where it is foreign, its packages are set up by QEMU. */
async function base(suite: string, architecture: Architecture): Promise<string> {
  const inputs = { words: [suite, architecture], files: [import.meta.filename] };
  const directory = await cached('container-base', inputs, async (to) => {
    const root = join(to, 'root');
    const emulation = await openEmulation(architecture);
    const [program = '', ...args] = [
      ...[...emulation.prefix, 'mmdebstrap', '--quiet', '--mode=root', '--variant=essential'],
      ...['--components=main', `--architectures=${architecture}`],
      ...['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
      ...['--dpkgopt=path-include=/usr/share/doc/*/copyright', '--aptopt=APT::Install-Recommends "false"'],
      '--dpkgopt=force-unsafe-io',
      // Otherwise a program comes along that merges /usr, and all of Perl with it: 48 MiB.
      '--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr',
      ...[`--include=${basePackages.join(',')}`, suite, root],
    ];
    await run(program, args).finally(() => emulation.close());
    await shell(
      `rm -rf "$ROOT"/var/cache/* "$ROOT"/var/log/* "$ROOT"/var/lib/apt/lists/* "$ROOT"/usr/share/man "$ROOT"/dev/*
       find "$ROOT" -xdev -type f -perm /6000 -exec chmod a-s {} +
       tar -C "$ROOT" --numeric-owner -cf "$TO/base.tar" .
       rm -rf "$ROOT"`,
      { env: { ROOT: root, TO: to } },
    );
  });
  return join(directory, 'base.tar');
}

/** Node in the version of this process, and nothing else. */
async function node(architecture: Architecture): Promise<string> {
  const inputs = { words: [architecture, process.version], files: [import.meta.filename] };
  const directory = await cached('container-node', inputs, async (to) => {
    const bin = join(to, 'root', 'usr', 'local', 'bin');
    await mkdir(bin, { recursive: true });
    if (architecture === ownArchitecture()) {
      await cp(process.execPath, join(bin, 'node'));
    } else {
      const name = `node-linux-${namesOf[architecture].npm}@${process.version.slice(1)}`;
      await run('npm', ['pack', '--silent', '--pack-destination', to, name], { cwd: to });
      await shell('tar -C "$TO" -xzf "$TO"/*.tgz package/bin/node', { env: { TO: to } });
      await rename(join(to, 'package', 'bin', 'node'), join(bin, 'node'));
    }
    await shell(
      `chmod 755 "$TO/root/usr/local/bin/node"
       tar -C "$TO/root" --numeric-owner --owner=0 --group=0 -cf "$TO/node.tar" .
       rm -rf "$TO/root" "$TO/package" "$TO"/*.tgz`,
      { env: { TO: to } },
    );
  });
  return join(directory, 'node.tar');
}

/** The base of this computer, with Node and npm. */
async function build(suite: string): Promise<string> {
  const own = ownArchitecture();
  const archives = { BASE: await base(suite, own), NODE: await node(own) };
  const npm = dirname(dirname(await run('readlink', ['-f', (await run('which', ['npm'])).trim()])));
  const words = [suite, own, process.version, await run('npm', ['--version'])];
  const directory = await cached('container-build', { words, files: [import.meta.filename] }, async (to) => {
    await shell(
      `mkdir "$TO/root" && cd "$TO/root"
       tar -xf "$BASE" && tar -xf "$NODE"
       mkdir -p usr/local/lib/node_modules
       cp -a "$NPM" usr/local/lib/node_modules/npm
       ln -s ../lib/node_modules/npm/bin/npm-cli.js usr/local/bin/npm
       # Authorities that this computer trusts beside Debian's.
       cp -L /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/ca-certificates.crt
       tar --numeric-owner -cf "$TO/build.tar" . && rm -rf "$TO/root"`,
      { env: { ...archives, TO: to, NPM: npm } },
    );
  });
  return join(directory, 'build.tar');
}

/** The loaders where Debian's packages put them, with a shell beside them that copies them. The same for every architecture. */
async function loaders(suite: string): Promise<string> {
  const own = await base(suite, ownArchitecture());
  const inputs = { words: [suite, ownArchitecture()], files: [import.meta.filename] };
  const directory = await cached('container-loaders', inputs, async (to) => {
    const from = join(to, 'packages');
    await run('mmdebstrap', [
      // They are unpacked and never run.
      ...['--quiet', '--mode=root', '--variant=extract', '--components=main', '--architectures=amd64'],
      ...['--skip=check/qemu', '--aptopt=APT::Install-Recommends "false"'],
      ...[`--include=${loaderPackages.join(',')}`, suite, from],
    ]);
    const root = join(to, 'root');
    await shell('mkdir "$ROOT" && tar -C "$ROOT" -xf "$OWN"', { env: { ROOT: root, OWN: own } });
    const folders = [
      ...loaderFolders.map((name) => `usr/lib/${name}`),
      ...loaderPackages.map((name) => `usr/share/doc/${name}`),
    ];
    // The licence of GRUB is a link into a package beside it.
    for (const path of folders) {
      await cp(join(from, path), join(root, path), { recursive: true, dereference: true });
    }
    await shell('tar -C "$ROOT" --numeric-owner -cf "$TO/loaders.tar" .', { env: { ROOT: root, TO: to } });
    for (const folder of [from, root]) await rm(folder, { recursive: true, force: true });
  });
  return join(directory, 'loaders.tar');
}
