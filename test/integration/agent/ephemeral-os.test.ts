import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEphemeral } from '../../../images/ephemeral/build.ts';
import type { AgentTask, AgentTaskResult } from '../../../src/api/agent/schema.ts';
import { makeScratch } from '../shared/scratch.ts';
import { type BmcSetting, startBmcSetting } from './support/bmc-setting.ts';
import { isFilled, makeDisk, mebibyte, readInstalled } from './support/disk.ts';
import { type FakeRack, startFakeRack } from './support/fake-rack.ts';
import { bmcAddress } from './support/simulated-bmc.ts';
import { makeTinyImage, rootStart, type TinyImage } from './support/tiny-image.ts';
import { mac, startVirtualMachine, type VirtualMachine } from './support/virtual-machine.ts';

const minute = 60_000;
const diskBytes = 256 * mebibyte;
const soon = { timeout: 30_000, interval: 50 };

/**
 * The real ephemeral OS in one emulated UEFI machine of 1 GiB, through one session, from the inventory to the power-off. One boot, because
 * a boot is what takes time.
 *
 * The machine's BMC is ipmi_sim, joined by QEMU's ipmi-bmc-extern: the agent makes a user through the kernel's driver, the operator's
 * controller takes the credentials, and the rack's own driver logs in over the network.
 */
describe('the ephemeral OS', () => {
  let directory: string;
  let disk: string;
  let image: TinyImage;
  let bmc: BmcSetting;
  let rack: FakeRack;
  let machine: VirtualMachine;

  beforeAll(async () => {
    directory = makeScratch('ephemeral-os-');
    disk = join(directory, 'disk.raw');
    makeDisk(disk, diskBytes);
    image = makeTinyImage(directory);
    bmc = await startBmcSetting(directory);
    rack = await startFakeRack(new Map([[`/images/${image.sha256}`, image.file]]), bmc.desk);
    const { kernel, initrd } = await buildEphemeral();
    machine = await startVirtualMachine({
      kernel: kernel.path,
      initrd: initrd.path,
      arguments: `mw.token=token BOOTIF=01-${mac.replaceAll(':', '-')}`,
      rackPort: rack.port,
      disks: [disk],
      directory,
      more: bmc.qemuArguments,
    });
  }, 20 * minute);

  afterAll(async () => {
    machine?.kill();
    await rack?.close();
    await bmc?.stop();
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

  async function expectPowered(): Promise<void> {
    const user = { address: bmcAddress, username: 'metalwright' };
    expect(await bmc.rack.target()).toMatchObject({ driver: 'ipmi', target: user });
    expect(await bmc.rack.powerState()).toMatch(/^O/);
  }

  async function expectRefused(former: string): Promise<void> {
    await expect(bmc.rack.powerState(former)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
  }

  it(
    'boots on 1 GiB, buys a session with its token and tells the hardware; its BMC has a user by which a rack can power it',
    async () => {
      const result = await give(await bmc.beginCommissioning(1));
      expect(rack.violations).toEqual([]);
      expect(rack.sessions).toMatchObject([
        { token: 'token', macAddresses: [mac], systemUuid: '6fa459ea-ee8a-3ca4-894e-db77e160355e' },
      ]);
      expect(result).toMatchObject({
        outcome: 'Succeeded',
        message: expect.stringContaining(`BMC (ipmi) at ${bmcAddress}: user metalwright is set up`),
        inventory: {
          firmware: { mode: 'UEFI', secureBoot: false },
          memory: { totalMiB: 1024 },
          disks: [{ name: 'vda', serial: 'TEST0', sizeBytes: diskBytes, transport: 'virtio' }],
          nics: [{ mac, driver: 'virtio_net', link: true }],
        },
      });
      const credentialsSecret = 'bmc-setup-test-machine';
      expect(await bmc.status()).toMatchObject({
        bmc: { driver: 'ipmi', address: bmcAddress, user: 'metalwright', credentialsSecret },
        bmcSetup: { state: 'Done', reason: 'BmcSetUp' },
      });
      // ipmi_sim keeps 16 bytes of 20, and passes any test.
      expect(await bmc.password()).toMatch(/^[A-Za-z0-9]{16}$/);
      await expectPowered();
    },
    10 * minute,
  );

  it(
    'gives the BMC another password when it is commissioned again, and the former is worth nothing',
    async () => {
      const former = await bmc.password();
      expect(await give(await bmc.beginCommissioning(2))).toMatchObject({ outcome: 'Succeeded' });
      expect(rack.violations).toEqual([]);
      expect(await bmc.password()).not.toBe(former);
      await expectPowered();
      await expectRefused(former);
    },
    5 * minute,
  );

  it(
    'has a BMC that gets another password over the network when that is ordered',
    async () => {
      const former = await bmc.password();
      await bmc.orderRotation('the-order');
      await expect.poll(async () => (await bmc.status())?.bmcRotation, soon).toBeDefined();
      expect((await bmc.status())?.bmcRotation?.id).toBe('the-order');
      const found = await bmc.rack.target();
      await bmc.rack.rotate(found, 'the-order');
      // A second rack that did not hear of it changes nothing.
      await bmc.rack.rotate(found, 'the-order');
      await bmc.reportRotation('the-order');
      await expect.poll(async () => (await bmc.status())?.bmcSetup?.state, soon).toBe('Done');
      expect(await bmc.password()).not.toBe(former);
      await expectPowered();
      await expectRefused(former);
    },
    minute,
  );

  it(
    'touches no disk when the image is too large for it',
    async () => {
      const result = await give(install('large', { rawSizeBytes: diskBytes + 512 }));
      expect(result).toMatchObject({ outcome: 'Failed', reason: 'ImageTooLarge' });
      expect(isFilled(disk, 0xaa, 0, 512)).toBe(true);
    },
    2 * minute,
  );

  it(
    'leaves a disk that does not boot when the digest is wrong',
    async () => {
      const result = await give(install('digest', { sha256: 'ab'.repeat(32) }));
      expect(result).toMatchObject({ outcome: 'Failed', reason: 'ImageDigestMismatch' });
      expect(isFilled(disk, 0, 0, mebibyte)).toBe(true);
    },
    2 * minute,
  );

  it(
    'installs: the root fills the disk, holds the seed, and the firmware knows it',
    async () => {
      const result = await give(install('install', {}));
      expect(result).toMatchObject({ outcome: 'Succeeded', message: expect.stringContaining('Tiny OS 1') });
      expect(result.message).not.toContain('no boot entry');
      const installed = readInstalled(disk);
      expect(installed.verdict).toContain('No errors detected');
      expect(installed.root.start).toBe(rootStart);
      expect(installed.root.end).toBeGreaterThan(diskBytes - 2 * mebibyte);
      expect(installed.fileSystemBytes).toBeGreaterThan(200 * mebibyte);
      expect(installed.metaData).toBe('instance-id: i-1\n');
      const nvram = readFileSync(join(directory, 'nvram.fd'));
      expect(nvram.includes(Buffer.from('Metalwright tiny 1', 'utf16le'))).toBe(true);
    },
    3 * minute,
  );

  it(
    'erases: both ends are zeros',
    async () => {
      const result = await give({ id: 'erase', kind: 'Erase', mode: 'Quick' });
      expect(result).toMatchObject({ outcome: 'Succeeded' });
      const end = 16 * mebibyte;
      expect(isFilled(disk, 0, 0, end)).toBe(true);
      expect(isFilled(disk, 0, diskBytes - end, end)).toBe(true);
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

  it('showed no password of the BMC anywhere: no status, event, report or console', async () => {
    const passwords = await bmc.passwords();
    expect(passwords.length).toBeGreaterThanOrEqual(3);
    const seen = [...(await bmc.shown()), JSON.stringify(rack.events), await machine.console()].join('\n');
    for (const password of passwords) expect(seen.includes(password)).toBe(false);
  });
});
