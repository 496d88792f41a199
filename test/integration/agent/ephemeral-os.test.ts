import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, openSync, readSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEphemeral } from '../../../images/ephemeral/build.ts';
import type { AgentTask, AgentTaskResult } from '../../../src/api/agent/schema.ts';
import { type FakeRack, startFakeRack } from './support/fake-rack.ts';
import { makeTinyImage, rootStart, type TinyImage } from './support/tiny-image.ts';
import { mac, startVirtualMachine, type VirtualMachine } from './support/virtual-machine.ts';

const minute = 60_000;
const diskBytes = 256 * 1024 * 1024;

/**
 * The real ephemeral OS in one emulated UEFI machine of 1 GiB, through one session: inventory, two installs that must
 * fail, one that succeeds, an erase. One boot, because a boot is what takes time.
 */
describe('the ephemeral OS', () => {
  let directory: string;
  let disk: string;
  let image: TinyImage;
  let rack: FakeRack;
  let machine: VirtualMachine;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ephemeral-'));
    disk = join(directory, 'disk.raw');
    writeFileSync(disk, Buffer.alloc(64 * 1024 * 1024, 0xaa));
    truncateSync(disk, diskBytes);
    image = makeTinyImage(directory);
    const { kernel, initrd } = await buildEphemeral();
    rack = await startFakeRack(new Map([[`/images/${image.sha256}`, image.file]]));
    machine = await startVirtualMachine({
      kernel: kernel.path,
      initrd: initrd.path,
      arguments: `mw.token=token BOOTIF=01-${mac.replaceAll(':', '-')}`,
      rackPort: rack.port,
      disks: [disk],
      directory,
    });
  }, 20 * minute);

  afterAll(async () => {
    machine?.kill();
    await rack?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** The machine's answer, or, when it dies before, what its console said. */
  async function give(task: AgentTask): Promise<AgentTaskResult> {
    const died = machine.off.then(async () => {
      throw new Error(`the machine went off:\n${await machine.console()}`);
    });
    return Promise.race([rack.give(task), died]);
  }

  function install(id: string, differences: { sha256?: string; rawSizeBytes?: number }): AgentTask {
    const { sha256, sizeBytes, rawSizeBytes } = { ...image, ...differences };
    return {
      id,
      kind: 'Install',
      image: { path: `/images/${image.sha256}`, sha256, sizeBytes, format: 'RawZstd', rawSizeBytes },
      rootDisk: { serial: 'TEST0' },
      seed: {
        metaData: 'instance-id: i-1\n',
        userData: '#cloud-config\n',
        vendorData: '',
        networkConfig: 'version: 2\n',
      },
      osName: 'tiny 1',
    };
  }

  it(
    'boots on 1 GiB, buys a session with its token and tells the hardware',
    async () => {
      const result = await give({ id: 'inventory', kind: 'Inventory' });
      expect(rack.violations).toEqual([]);
      expect(rack.sessions).toMatchObject([
        { token: 'token', macAddresses: [mac], systemUuid: '6fa459ea-ee8a-3ca4-894e-db77e160355e' },
      ]);
      expect(result).toMatchObject({
        outcome: 'Succeeded',
        inventory: {
          firmware: { mode: 'UEFI', secureBoot: false },
          memory: { totalMiB: 1024 },
          disks: [{ name: 'vda', serial: 'TEST0', sizeBytes: diskBytes, transport: 'virtio' }],
          nics: [{ mac, driver: 'virtio_net', link: true }],
        },
      });
    },
    8 * minute,
  );

  it(
    'touches no disk when the image is too large for it',
    async () => {
      const result = await give(install('large', { rawSizeBytes: diskBytes + 512 }));
      expect(result).toMatchObject({ outcome: 'Failed', reason: 'ImageTooLarge' });
      expect(bytesOf(disk, 0, 512).every((byte) => byte === 0xaa)).toBe(true);
    },
    2 * minute,
  );

  it(
    'leaves a disk that does not boot when the digest is wrong',
    async () => {
      const result = await give(install('digest', { sha256: 'ab'.repeat(32) }));
      expect(result).toMatchObject({ outcome: 'Failed', reason: 'ImageDigestMismatch' });
      expect(bytesOf(disk, 0, 1024 * 1024).every((byte) => byte === 0)).toBe(true);
    },
    2 * minute,
  );

  it(
    'installs: the root fills the disk, holds the seed, and the firmware knows it',
    async () => {
      const result = await give(install('install', {}));
      expect(result).toMatchObject({ outcome: 'Succeeded', message: expect.stringContaining('Tiny OS 1') });
      expect(result.message).not.toContain('no boot entry');
      const installed = join(directory, 'installed.raw');
      copyFileSync(disk, installed);
      expect(execFileSync('sfdisk', ['--verify', installed]).toString()).toContain('No errors detected');
      const table = JSON.parse(execFileSync('sfdisk', ['--json', installed]).toString());
      const root = table.partitiontable.partitions[1];
      expect(root.start * 512).toBe(rootStart);
      expect((root.start + root.size) * 512).toBeGreaterThan(diskBytes - 2 * 1024 * 1024);
      const files = `${installed}?offset=${rootStart}`;
      const superblock = execFileSync('dumpe2fs', ['-h', files], {
        stdio: ['ignore', 'pipe', 'ignore'],
      }).toString();
      const blocks = Number(/Block count:\s+(\d+)/.exec(superblock)?.[1]);
      const blockSize = Number(/Block size:\s+(\d+)/.exec(superblock)?.[1]);
      expect(blocks * blockSize).toBeGreaterThan(200 * 1024 * 1024);
      const seed = execFileSync('debugfs', ['-R', 'cat /var/lib/cloud/seed/nocloud/meta-data', files], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(seed.toString()).toBe('instance-id: i-1\n');
      const nvram = execFileSync('cat', [join(directory, 'nvram.fd')]);
      expect(nvram.includes(Buffer.from('Metalwright tiny 1', 'utf16le'))).toBe(true);
    },
    3 * minute,
  );

  it(
    'erases: both ends are zeros',
    async () => {
      const result = await give({ id: 'erase', kind: 'Erase', mode: 'Quick' });
      expect(result).toMatchObject({ outcome: 'Succeeded' });
      const end = 16 * 1024 * 1024;
      expect(bytesOf(disk, 0, end).every((byte) => byte === 0)).toBe(true);
      expect(bytesOf(disk, diskBytes - end, end).every((byte) => byte === 0)).toBe(true);
    },
    2 * minute,
  );

  it(
    'switches off when told to, having told every step',
    async () => {
      expect(await rack.give({ id: 'off', kind: 'PowerOff' })).toMatchObject({ outcome: 'Succeeded' });
      await machine.off;
      expect(rack.violations).toEqual([]);
      expect(new Set(rack.events.map(({ step }) => step))).toContain('Write');
      expect(await machine.console()).toContain('Tiny OS 1 is installed');
    },
    minute,
  );
});

function bytesOf(file: string, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  readSync(handle, bytes, 0, length, position);
  return bytes;
}
