import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { debianLoaderPaths } from '../../../src/rack/http-boot/loaders.ts';
import { boot } from './boot.ts';
import { createFirmwareSetting, type FirmwareSetting, httpPort, rackAddress } from './setting.ts';
import { makeTestKernel } from './test-kernel.ts';

vi.setConfig({ testTimeout: 400_000 });

const simulated = Array.from({ length: 28 }, (_, index) => `52:54:00:81:02:${(index + 16).toString(16)}`);
const real = [
  { firmware: 'uefi-pxe', place: 'direct', mac: '52:54:00:81:02:01' },
  { firmware: 'bios-ipxe-rom', place: 'direct', mac: '52:54:00:81:02:02' },
] as const;

const Result = z.object({
  mac: z.string(),
  address: z.string().optional(),
  loaderBytes: z.number(),
  kernelBytes: z.number(),
  failure: z.string().optional(),
});

describe('a burst of 30 machines that boot at once', () => {
  let setting: FirmwareSetting | undefined;

  beforeAll(async () => {
    const macs = [...real.map(({ mac }) => mac), ...simulated];
    setting = await createFirmwareSetting(
      Object.fromEntries(macs.map((mac, index) => [mac, `node-${index + 1}`])),
    );
  });

  afterAll(() => setting?.close());

  it('all get their loader, their script and their kernel before their firmware gives up', async () => {
    if (setting === undefined) throw new Error('not set up');
    const rack = setting;
    const clients = await rack.neighbour('fwburst');
    await clients.ip('route', 'add', 'default', 'dev', 'eth0');
    const loading = await rack.neighbour('fwload');
    const machines = real.map((machine) => boot(rack, machine));
    // The others switch on when the slowest of the real firmwares has come as far as DHCP.
    await expect.poll(() => rack.log().includes(real[0].mac), { timeout: 120_000, interval: 200 }).toBe(true);
    const program = join(import.meta.dirname, 'burst-clients.ts');
    const { code, output } = await clients.run(
      [process.execPath, program, rackAddress, String(httpPort), loading.name, ...simulated],
      { timeoutMs: 300_000 },
    );
    expect(code, output).toBe(0);
    const results = output
      .trim()
      .split('\n')
      .map((line) => Result.parse(JSON.parse(line)));
    const loaderBytes = statSync(debianLoaderPaths['snponly.efi'] ?? '').size;
    expect(results).toEqual(
      simulated.map((mac) =>
        expect.objectContaining({ mac, loaderBytes, kernelBytes: makeTestKernel().length }),
      ),
    );
    const facts = await Promise.all(machines);
    expect(facts.map(({ started }) => started)).toEqual(['UEFI', 'BIOS']);
    const addresses = [...results, ...facts].map(({ address }) => address);
    expect(new Set(addresses).size).toBe(30);
  });
});
