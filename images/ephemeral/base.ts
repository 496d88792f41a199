import { chmod, copyFile, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../lib/cache.ts';
import { type CpioEntry, encodeCpio } from '../lib/cpio.ts';
import { run, shell } from '../lib/run.ts';
import { copyInto, copyPrograms } from '../lib/tree.ts';
import { selectModules } from './modules.ts';
import { firmware, packages, programs, udevRules } from './programs.ts';

const here = dirname(fileURLToPath(import.meta.url));

/** Modules that the first stage loads itself to see the packed root. */
const stage1Modules = ['drivers/block/loop.ko', 'fs/squashfs/squashfs.ko'];

export interface EphemeralBase {
  kernel: string;
  /** The part of the initramfs that does not depend on our own program. */
  archive: string;
}

/** Kernel, first stage and packed root of the ephemeral OS, without the agent. Cached by the recipe. */
export async function ephemeralBase(suite: string, node: string): Promise<EphemeralBase> {
  const recipe = ['base.ts', 'modules.ts', 'programs.ts', 'files/stage1', '../lib/tree.ts', '../lib/cpio.ts'];
  const words = [suite, process.arch, await run(node, ['--version'])];
  const directory = await cached(
    'ephemeral-base',
    { words, files: recipe.map((name) => join(here, name)) },
    (to) => make(to, suite, node),
  );
  return { kernel: join(directory, 'vmlinuz'), archive: join(directory, 'base.cpio') };
}

async function make(directory: string, suite: string, node: string): Promise<void> {
  const debian = join(directory, 'debian');
  const root = join(directory, 'root');
  await run('mmdebstrap', [
    '--quiet',
    '--variant=extract',
    '--mode=root',
    '--components=main,non-free-firmware',
    '--aptopt=APT::Install-Recommends "false"',
    `--include=${packages.join(',')}`,
    suite,
    debian,
  ]);
  const release = (await readdir(join(debian, 'lib/modules')))[0];
  if (release === undefined) throw new Error('the kernel package holds no modules');
  for (const mountPoint of [
    'dev',
    'proc',
    'sys',
    'run',
    'tmp',
    'root',
    'mnt',
    'etc',
    'var',
    'usr/bin',
    'sbin',
  ])
    await mkdir(join(root, mountPoint), { recursive: true });
  await copyPrograms(debian, root, programs);
  await linkPrograms(debian, root);
  await copyNode(debian, root, node);
  await copyKernelFiles(debian, root, release);
  await copyUdev(debian, root);
  await copyInto(debian, root, 'usr/share/misc/pci.ids');
  await writeSettings(root);

  const squashfs = join(directory, 'root.squashfs');
  await run(
    'mksquashfs',
    [
      root,
      squashfs,
      ...['-noappend', '-quiet', '-no-progress', '-all-root', '-no-xattrs', '-comp', 'zstd'],
      ...['-Xcompression-level', '15', '-b', '64K'],
    ],
    { env: { SOURCE_DATE_EPOCH: '1700000000' } },
  );
  await copyFile(join(debian, `boot/vmlinuz-${release}`), join(directory, 'vmlinuz'));
  await writeFile(join(directory, 'base.cpio'), encodeCpio(await stage1(debian, release, squashfs)));
  for (const path of [debian, root, squashfs]) await rm(path, { recursive: true, force: true });
}

/** busybox for every applet that no real program provides, and the names under which kmod and udevadm are called. */
async function linkPrograms(debian: string, root: string): Promise<void> {
  await copyInto(debian, root, 'bin/busybox');
  const applets = (await run(join(debian, 'bin/busybox'), ['--list'])).split('\n').filter(Boolean);
  const real = new Set(programs.map((program) => program.split('/').at(-1)));
  for (const tool of ['depmod', 'insmod', 'lsmod', 'modinfo', 'modprobe', 'rmmod']) {
    real.add(tool);
    await symlink('/bin/kmod', join(root, 'sbin', tool));
  }
  // The commands of LVM are one program under many names.
  for (const command of ['lvchange', 'lvs', 'pvs', 'vgchange', 'vgs', 'vgscan'])
    await symlink('/sbin/lvm', join(root, 'sbin', command));
  for (const applet of applets) {
    if (applet !== 'busybox' && !real.has(applet)) await symlink('busybox', join(root, 'bin', applet));
  }
  await mkdir(join(root, 'lib/systemd'), { recursive: true });
  await symlink('/bin/udevadm', join(root, 'lib/systemd/systemd-udevd'));
}

/** The Node of this repository, without its symbol table. */
async function copyNode(debian: string, root: string, node: string): Promise<void> {
  await copyFile(node, join(debian, 'usr/bin/node'));
  await run('strip', [join(debian, 'usr/bin/node')]);
  await copyPrograms(debian, root, ['usr/bin/node']);
  await chmod(join(root, 'usr/bin/node'), 0o755);
}

async function copyKernelFiles(debian: string, root: string, release: string): Promise<void> {
  const folder = `lib/modules/${release}`;
  await run('chroot', [debian, '/sbin/depmod', release]);
  const modules = selectModules(await readFile(join(debian, folder, 'modules.dep'), 'utf8'));
  for (const module of modules) await copyInto(debian, root, `${folder}/${module}`);
  for (const file of ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'])
    await copyInto(debian, root, `${folder}/${file}`);
  const pruned = join(debian, 'pruned', folder);
  await cp(join(root, folder), pruned, { recursive: true });
  await run('chroot', [debian, '/sbin/depmod', '-b', '/pruned', release]);
  for (const name of await readdir(pruned))
    if (name.startsWith('modules.')) await copyFile(join(pruned, name), join(root, folder, name));

  for (const entry of await readdir(join(debian, 'lib/firmware'), { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name).slice(join(debian, 'lib/firmware/').length);
    if (firmware.some((pattern) => pattern.test(path))) await copyInto(debian, root, `lib/firmware/${path}`);
  }
}

async function copyUdev(debian: string, root: string): Promise<void> {
  for (const rule of udevRules) await copyInto(debian, root, `lib/udev/rules.d/${rule}`);
  await copyInto(debian, root, 'lib/systemd/network/99-default.link');
}

/**
 * The few files of /etc that programs look for. There is no password and no key: nobody may log in unless the agent was
 * given keys. A shell that a person has shows what the agent left for them.
 */
async function writeSettings(root: string): Promise<void> {
  const groups = ['root', 'tty', 'disk', 'kmem', 'dialout', 'audio', 'video', 'render', 'cdrom', 'tape'];
  groups.push('floppy', 'input', 'sgx', 'kvm', 'lp', 'nogroup');
  const files: Readonly<Record<string, string>> = {
    'etc/passwd':
      'root:*:0:0:root:/root:/bin/sh\nnobody:*:65534:65534:nobody:/:/bin/false\n' +
      // Whom tcpdump turns into; without that user it ends.
      'tcpdump:*:100:65534:tcpdump:/:/bin/false\n',
    'etc/group': groups.map((name, index) => `${name}:x:${index}:\n`).join(''),
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    'etc/shells': '/bin/sh\n',
    'etc/profile': '[ ! -t 1 ] || [ ! -r /run/mw/motd ] || cat /run/mw/motd\nexport EDITOR=vi\n',
    'etc/lvm/lvm.conf':
      'devices { obtain_device_list_from_udev = 0 }\nbackup { backup = 0 archive = 0 }\n' +
      'activation { udev_sync = 0 udev_rules = 0 }\n',
    'etc/os-release': 'NAME="Metalwright ephemeral OS"\nID=metalwright\nID_LIKE=debian\n',
    'etc/modprobe.d/blacklist.conf':
      'blacklist nouveau\nblacklist amdgpu\nblacklist i915\nblacklist pcspkr\n',
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  await symlink('/proc/self/mounts', join(root, 'etc/mtab'));
  await symlink('/run/resolv.conf', join(root, 'etc/resolv.conf'));
  // Where the SSH server looks for it.
  await symlink('openssh/sftp-server', join(root, 'usr/lib/sftp-server'));
  await shell('ln -s ../run var/run && mkdir -p var/lib var/tmp', { cwd: root });
}

/** Busybox, two modules, the first program and the packed root: what the kernel itself unpacks. */
async function stage1(debian: string, release: string, squashfs: string): Promise<CpioEntry[]> {
  const directory = (path: string): CpioEntry => ({ path, mode: 0o040755 });
  const modules = await Promise.all(
    stage1Modules.map(async (module, index) => ({
      path: `modules/${index}-${module.split('/').at(-1)}`,
      mode: 0o100644,
      data: await readFile(join(debian, 'lib/modules', release, 'kernel', module)),
    })),
  );
  return [
    ...['bin', 'dev', 'modules', 'proc', 'sys', 'sysroot'].map(directory),
    { path: 'dev/console', mode: 0o020600, device: [5, 1] },
    { path: 'bin/busybox', mode: 0o100755, data: await readFile(join(debian, 'bin/busybox')) },
    { path: 'init', mode: 0o100755, data: await readFile(join(here, 'files/stage1')) },
    ...modules,
    { path: 'root.squashfs', mode: 0o100644, data: await readFile(squashfs) },
  ];
}
