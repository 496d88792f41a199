import type { CommandSpec } from '../command.ts';
import {
  allNamespacesOption,
  namespaceOption,
  outputOption,
  selectorOption,
  serverOptions,
  waiting,
  watchOption,
} from '../options.ts';
import { consoleCommand } from './console/table.ts';
import { historyCommands } from './history/table.ts';
import { machineCommands } from './machine/table.ts';
import { flagOption, nameArgument, showCommand, valueOption } from './tables.ts';

/** Every command. Help, completion and docs/reference/cli.md are made from it. */
export const commands: readonly CommandSpec[] = [
  ...machineCommands,
  {
    path: ['allocate'],
    summary: 'Asks for a machine, installed and open to your key',
    details:
      'The smallest machine that fits is taken. With --wait it says what happens until the machine is Deployed, and exits with 0; with 1 when it failed, with 4 when the time is over.',
    options: [
      valueOption('image', 'NAME', 'image to install', { completes: 'BootImage' }),
      valueOption('ssh-key', 'FILE', 'public key of who may log in, as a file or as text', {
        multiple: true,
        completes: 'file',
      }),
      valueOption('name', 'NAME', 'name of the allocation. Default: made from the image'),
      namespaceOption,
      valueOption('hostname', 'NAME', 'hostname. Default: the name'),
      valueOption('cores', 'COUNT', 'at least so many physical cores'),
      valueOption('memory', 'SIZE', 'at least so much memory: 32Gi'),
      valueOption('nics', 'COUNT', 'at least so many network interfaces'),
      valueOption('disk', 'WISH', 'a disk that it must have: 500GB, NVMe, 2x1Ti:SSD', { multiple: true }),
      valueOption('tag', 'TAG', 'a tag that it must have', { multiple: true, completes: 'Tag' }),
      valueOption('not-tag', 'TAG', 'a tag that it must not have', { multiple: true, completes: 'Tag' }),
      valueOption('zone', 'NAME', 'of this zone', { completes: 'Zone' }),
      valueOption('pool', 'NAME', 'of this pool', { completes: 'Pool' }),
      valueOption('machine', 'NAME', 'this machine and no other', { completes: 'Machine' }),
      valueOption('architecture', 'NAME', "amd64 or arm64. Default: the image's", {
        completes: ['amd64', 'arm64'],
      }),
      valueOption('user-data-secret', 'NAME', 'Secret of the namespace whose userData cloud-init is given'),
      valueOption('erase', 'HOW', 'how it is erased in the end: none, quick (default) or full', {
        completes: ['none', 'quick', 'full'],
      }),
      valueOption('priority', 'NUMBER', 'who is served first when machines are short, -1000 to 1000'),
      ...waiting,
    ],
    writes: true,
    examples: [
      {
        line: 'allocate --cores 8 --memory 32Gi --image debian-12 --ssh-key ~/.ssh/id_ed25519.pub --wait',
        what: 'A machine with Debian 12, and what happens until it is there',
      },
    ],
    load: () => import('./allocation/allocate.ts'),
  },
  {
    path: ['allocation', 'list'],
    summary: 'Lists allocations',
    options: [
      outputOption,
      watchOption,
      namespaceOption,
      allNamespacesOption,
      selectorOption,
      valueOption('phase', 'PHASE', 'only those in this phase: Pending, Deployed, …'),
      ...serverOptions,
    ],
    examples: [{ line: 'allocation list -A', what: 'Who has which machine' }],
    load: () => import('./allocation/list.ts'),
  },
  showCommand(
    'allocation',
    'Shows an allocation, and why no machine fits',
    'Allocation',
    [namespaceOption],
    () => import('./allocation/show.ts'),
  ),
  {
    path: ['allocation', 'release'],
    summary: 'Gives a machine back: it is erased as the allocation says',
    arguments: [nameArgument('Allocation', 'name of the allocation')],
    options: [namespaceOption, ...waiting, flagOption('dry-run', 'nothing is deleted')],
    examples: [{ line: 'allocation release web-1 --wait', what: 'Gives the machine of web-1 back' }],
    load: () => import('./allocation/release.ts'),
  },
  {
    path: ['subnet', 'list'],
    summary: 'Lists subnets and how full they are',
    options: [
      outputOption,
      watchOption,
      selectorOption,
      valueOption('vlan', 'NAME', 'only those on this VLAN', { completes: 'VLAN' }),
      ...serverOptions,
    ],
    load: async () => ({ run: (await import('./subnet/subnet.ts')).list }),
  },
  showCommand('subnet', 'Shows a subnet and its ranges', 'Subnet', [], async () => ({
    run: (await import('./subnet/subnet.ts')).show,
  })),
  {
    path: ['rack', 'list'],
    summary: 'Lists racks',
    options: [outputOption, watchOption, selectorOption, ...serverOptions],
    load: async () => ({ run: (await import('./rack/rack.ts')).list }),
  },
  showCommand('rack', 'Shows a rack: services, interfaces, foreign DHCP servers', 'Rack', [], async () => ({
    run: (await import('./rack/rack.ts')).show,
  })),
  {
    path: ['image', 'list'],
    summary: 'Lists images',
    options: [
      outputOption,
      watchOption,
      selectorOption,
      valueOption('purpose', 'PURPOSE', 'Disk or Ephemeral', { completes: ['Disk', 'Ephemeral'] }),
      valueOption('architecture', 'NAME', 'amd64 or arm64', { completes: ['amd64', 'arm64'] }),
      ...serverOptions,
    ],
    load: async () => ({ run: (await import('./image/image.ts')).list }),
  },
  showCommand(
    'image',
    'Shows an image: artifacts, digests, which racks hold it',
    'BootImage',
    [],
    async () => ({
      run: (await import('./image/image.ts')).show,
    }),
  ),
  {
    path: ['image', 'import'],
    summary: 'Imports an image of a disk',
    details:
      'SOURCE is an http or https URL, or the absolute path of a file that the operator and every rack have. OS and release are taken from a name like debian-12, the format from .zst or .gz.',
    arguments: [
      { name: 'NAME', summary: 'name of the image' },
      { name: 'SOURCE', summary: 'URL or path', completes: 'file' },
    ],
    options: [
      valueOption('digest', 'DIGEST', 'sha256:…, as it is stored. Default: pinned at the first import'),
      valueOption('os', 'NAME', 'operating system. Default: from the name'),
      valueOption('release', 'NAME', 'its release. Default: from the name'),
      valueOption('architecture', 'NAME', 'amd64 (default) or arm64', { completes: ['amd64', 'arm64'] }),
      valueOption('format', 'FORMAT', 'Raw, RawZstd or RawGzip', {
        completes: ['Raw', 'RawZstd', 'RawGzip'],
      }),
      valueOption('kernel-arguments', 'WORDS', 'added to the kernel command line'),
      ...waiting,
    ],
    writes: true,
    examples: [
      {
        line: 'image import debian-12 https://images.example.com/debian-12.raw.zst --wait',
        what: 'Imports it, and says how far it is',
      },
    ],
    load: () => import('./image/import.ts'),
  },
  {
    path: ['image', 'upload'],
    summary: 'Uploads an image of a disk from this computer',
    details:
      'FILE goes to the REST API, which needs --server and a token, and keeps it for the racks. Its SHA-256 is compared. When a connection breaks, it goes on where it was; so does the same command again.',
    arguments: [
      { name: 'FILE', summary: 'a raw image, as it is or packed by zstd or gzip', completes: 'file' },
    ],
    options: [
      valueOption('name', 'NAME', 'name of the image. Default: that of the file, without its ending'),
      valueOption('os', 'NAME', 'operating system. Default: from the name'),
      valueOption('release', 'NAME', 'its release. Default: from the name'),
      valueOption('architecture', 'NAME', 'amd64 (default) or arm64', { completes: ['amd64', 'arm64'] }),
      valueOption('format', 'FORMAT', 'Raw, RawZstd or RawGzip. Default: what its first bytes say', {
        completes: ['Raw', 'RawZstd', 'RawGzip'],
      }),
      valueOption('kernel-arguments', 'WORDS', 'added to the kernel command line'),
      ...serverOptions,
    ],
    examples: [
      {
        line: 'image upload debian-12.raw.zst --server https://metalwright.example',
        what: 'The image debian-12, of system debian and release 12',
      },
    ],
    load: () => import('./image/upload.ts'),
  },
  {
    path: ['events'],
    summary: 'Shows what happened, the oldest first',
    arguments: [
      { name: 'MACHINE', summary: 'only about this machine', optional: true, completes: 'Machine' },
    ],
    options: [
      { name: 'follow', short: 'f', summary: 'goes on to show what happens' },
      outputOption,
      namespaceOption,
    ],
    examples: [{ line: 'events --follow r2-17', what: 'What happens to a machine' }],
    load: () => import('./events/events.ts'),
  },
  ...historyCommands,
  consoleCommand,
  {
    path: ['doctor'],
    summary:
      'Examines cluster, racks, networks, BMCs, images and machines, and says how to mend what is wrong',
    details: 'Exits with 1 when something is wrong; warnings do not count.',
    load: () => import('./doctor/doctor.ts'),
  },
  {
    path: ['manifest'],
    summary: 'Shows what a command would apply, as YAML, and asks nobody',
    details: 'Any command that writes may follow.',
    arguments: [
      {
        name: 'COMMAND',
        summary: 'a command that writes, with its options',
        multiple: true,
        completes: 'command',
      },
    ],
    examples: [
      {
        line: 'manifest allocate --image debian-12 --name web-1 > web-1.yaml',
        what: 'An allocation to commit to Git',
      },
    ],
    load: () => Promise.reject(new RangeError('manifest is handled by the parser')),
  },
  {
    path: ['version'],
    summary: 'Shows the version',
    options: [flagOption('cluster', 'also of the racks'), outputOption],
    load: () => import('./version/version.ts'),
  },
  {
    path: ['completion'],
    summary: 'Prints the completion script of a shell',
    arguments: [{ name: 'SHELL', summary: 'bash, zsh or fish', completes: ['bash', 'zsh', 'fish'] }],
    examples: [
      { line: 'completion bash > /etc/bash_completion.d/mw', what: 'For everybody on this computer' },
    ],
    load: () => import('./completion/completion.ts'),
  },
];
