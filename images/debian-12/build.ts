import { mkdir, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Artifact, cached, describeArtifact } from '../lib/cache.ts';
import { run, shell } from '../lib/run.ts';
import { type Extent, layoutOf, patchBootSector, patchCore, sector, sfdiskScript } from './disk.ts';
import { espId, findMenu, grubConfig, maskedUnits, rootFiles, rootUuid } from './files.ts';
import { dpkgOptions, loaderPackages, packages } from './packages.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** The sample OS: what a BootImage of purpose Disk names. */
export interface Debian12Image {
  name: 'debian-12';
  directory: string;
  image: Artifact;
  format: 'RawZstd';
  /** Size on the disk. */
  rawSizeBytes: number;
}

/**
 * Builds a disk image of Debian 12 that boots with BIOS and with UEFI, Secure Boot included. Made of files alone: no loop
 * device, no mount of the image.
 */
export async function buildDebian12(suite = 'bookworm'): Promise<Debian12Image> {
  const files = ['build.ts', 'disk.ts', 'files.ts', 'packages.ts'].map((name) => join(here, name));
  const directory = await cached('debian-12', { words: [suite], files }, (to) => make(to, suite));
  const rawSizeBytes = Number(await readFile(join(directory, 'raw-size'), 'utf8'));
  const image = await describeArtifact(join(directory, 'debian-12.raw.zst'));
  return { name: 'debian-12', directory, image, format: 'RawZstd', rawSizeBytes };
}

async function make(directory: string, suite: string): Promise<void> {
  const root = join(directory, 'root');
  const loaders = join(directory, 'loaders');
  const raw = join(directory, 'debian-12.raw');
  await bootstrap(root, suite);
  await configure(root);
  await run('mmdebstrap', [
    ...['--quiet', '--variant=extract', '--mode=root', '--aptopt=APT::Install-Recommends "false"'],
    ...[`--include=${loaderPackages.join(',')}`, suite, loaders],
  ]);
  await installMenu(root, loaders);
  await makeDisk(directory, root, loaders, raw);
  await run('zstd', ['-q', '-6', '-T0', raw, '-o', `${raw}.zst`]);
  for (const path of [root, loaders, raw]) await rm(path, { recursive: true, force: true });
}

async function bootstrap(root: string, suite: string): Promise<void> {
  const early = Object.entries(rootFiles).filter(([path]) => path.startsWith('etc/initramfs-tools/'));
  const hooks = early.flatMap(([path, content]) => [
    `--essential-hook=mkdir -p "$1/${dirname(path)}"`,
    `--essential-hook=printf %s '${content.replaceAll("'", `'"'"'`)}' > "$1/${path}"`,
  ]);
  await run('mmdebstrap', [
    ...['--quiet', '--variant=minbase', '--mode=root', '--aptopt=APT::Install-Recommends "false"'],
    ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
    '--dpkgopt=force-confold',
    ...hooks,
    ...[`--include=${packages.join(',')}`, suite, root],
  ]);
}

/** Everything between unpacked packages and a system that can be copied to any machine. */
async function configure(root: string): Promise<void> {
  for (const [path, content] of Object.entries(rootFiles)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content, { mode: path.includes('/sbin/') ? 0o755 : 0o644 });
  }
  await mkdir(join(root, 'boot/efi'), { recursive: true });
  for (const unit of maskedUnits) {
    const path = join(root, 'etc/systemd/system', unit);
    await rm(path, { force: true });
    await symlink('/dev/null', path);
  }
  await run('chroot', [root, 'systemctl', 'enable', 'systemd-networkd', 'systemd-resolved', 'ssh']);
  // What must differ from machine to machine, and what the build left behind.
  await shell(
    `rm -f etc/ssh/ssh_host_* etc/machine-id var/lib/dbus/machine-id var/lib/systemd/random-seed
     : > etc/machine-id
     rm -rf var/lib/apt/lists/* var/cache/apt/* var/log/*.log var/log/apt usr/share/man usr/share/locale/*
     rm -f etc/apt/apt.conf.d/99mmdebstrap etc/dpkg/dpkg.cfg.d/99mmdebstrap
     rm -f etc/resolv.conf && ln -s ../run/systemd/resolve/stub-resolv.conf etc/resolv.conf`,
    { cwd: root },
  );
}

/** The first boot menu, and the loader's modules for the menus that the OS writes later. */
async function installMenu(root: string, loaders: string): Promise<void> {
  const names = await readdir(join(root, 'boot'));
  const kernel = names.find((name) => name.startsWith('vmlinuz-'));
  const initrd = names.find((name) => name.startsWith('initrd.img-'));
  if (kernel === undefined || initrd === undefined) throw new Error('the image has no kernel or no initrd');
  await mkdir(join(root, 'boot/grub'), { recursive: true });
  await writeFile(join(root, 'boot/grub/grub.cfg'), grubConfig(kernel, initrd));
  for (const platform of ['i386-pc', 'x86_64-efi']) {
    const source = join(loaders, 'usr/lib/grub', platform);
    await shell(
      `mkdir -p boot/grub/${platform} && cp "${source}"/*.mod "${source}"/*.lst boot/grub/${platform}/`,
      {
        cwd: root,
      },
    );
  }
}

async function makeDisk(directory: string, root: string, loaders: string, raw: string): Promise<void> {
  const used = Number((await run('du', ['-s', '--block-size=M', root])).split('M')[0]);
  const layout = layoutOf(Math.ceil((used * 1.12 + 96) / 64) * 64);
  await writeFile(raw, '');
  await truncate(raw, layout.totalSectors * sector);
  await run('sfdisk', ['--quiet', raw], { input: sfdiskScript(layout) });
  await run('mkfs.ext4', [
    ...['-q', '-d', root, '-U', rootUuid, '-L', 'root', '-m', '1'],
    ...['-E', `offset=${layout.root.start * sector},lazy_itable_init=1,hash_seed=${rootUuid}`],
    ...[raw, `${layout.root.sectors / 2}k`],
  ]);
  await writeEsp(directory, loaders, raw, layout.esp);
  await writeBiosLoader(loaders, raw, layout.biosBoot);
  await writeFile(join(directory, 'raw-size'), String(layout.totalSectors * sector));
}

/** Debian's signed shim and GRUB at the path that firmware tries by itself. */
async function writeEsp(directory: string, loaders: string, raw: string, extent: Extent): Promise<void> {
  const esp = join(directory, 'esp.img');
  const menu = join(directory, 'esp-grub.cfg');
  await writeFile(menu, findMenu);
  await writeFile(esp, '');
  await truncate(esp, extent.sectors * sector);
  await run('mkfs.vfat', ['-F', '32', '-n', 'ESP', '-i', espId.replace('-', ''), '--invariant', esp]);
  await run('mmd', ['-i', esp, '::/EFI', '::/EFI/BOOT', '::/EFI/debian']);
  const copies: readonly (readonly [string, string])[] = [
    [join(loaders, 'usr/lib/shim/shimx64.efi.signed'), 'EFI/BOOT/BOOTX64.EFI'],
    [join(loaders, 'usr/lib/shim/mmx64.efi.signed'), 'EFI/BOOT/mmx64.efi'],
    [join(loaders, 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'), 'EFI/BOOT/grubx64.efi'],
    [menu, 'EFI/debian/grub.cfg'],
  ];
  for (const [from, to] of copies) await run('mcopy', ['-i', esp, from, `::/${to}`]);
  await place(raw, extent.start, await readFile(esp));
  await rm(esp);
  await rm(menu);
}

/** GRUB for BIOS with all that it needs inside its core, in the partition that is there for it. */
async function writeBiosLoader(loaders: string, raw: string, extent: Extent): Promise<void> {
  await writeFile(join(loaders, 'tmp-menu.cfg'), findMenu);
  const modules =
    'biosdisk part_gpt part_msdos ext2 search search_fs_uuid normal configfile linux gzio echo test ls cat ' +
    'serial terminal minicmd reboot halt boot all_video vga vbe';
  await run('chroot', [
    ...[
      loaders,
      'grub-mkimage',
      '-O',
      'i386-pc',
      '-p',
      '/boot/grub',
      '-c',
      '/tmp-menu.cfg',
      '-o',
      '/core.img',
    ],
    ...modules.split(' '),
  ]);
  const core = await readFile(join(loaders, 'core.img'));
  if (core.length > extent.sectors * sector)
    throw new Error(`GRUB's core has ${core.length} bytes: too large`);
  const bootSector = await readFile(join(loaders, 'usr/lib/grub/i386-pc/boot.img'));
  await place(raw, 0, patchBootSector(bootSector, extent.start));
  await place(raw, extent.start, patchCore(core, extent.start));
}

async function place(raw: string, startSector: number, bytes: Uint8Array): Promise<void> {
  const file = await open(raw, 'r+');
  try {
    await file.write(bytes, 0, bytes.length, startSector * sector);
  } finally {
    await file.close();
  }
}
