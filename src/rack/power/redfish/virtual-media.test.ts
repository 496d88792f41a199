import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver } from '../driver.ts';
import { mediaPath, type RedfishSimulator, startRedfishSimulator } from '../testing/redfish-simulator.ts';
import { createRedfishDriver } from './driver.ts';

const user = { username: 'rack', password: randomBytes(12).toString('hex') };
const timings = { requestMs: 5_000, getRetriesMs: [1, 1], taskPollMs: 1, taskLongestMs: 50 };
const signal = AbortSignal.timeout(60_000);
const url = 'http://192.0.2.1:7480/media/secret/boot.iso';
const source = { url };

let bmc: RedfishSimulator;
let driver: PowerDriver;

beforeEach(async () => {
  bmc = await startRedfishSimulator(user);
  const manager = { VirtualMedia: { '@odata.id': '/redfish/v1/Managers/1/VirtualMedia' } };
  bmc.faults.system = { Links: { ManagedBy: [{ '@odata.id': '/redfish/v1/Managers/1' }] } };
  bmc.faults.resources = {
    '/redfish/v1/Managers/1': manager,
    '/redfish/v1/Managers/1/VirtualMedia': { Members: [{ '@odata.id': mediaPath }] },
  };
  driver = createRedfishDriver(
    { address: bmc.address, ...user, bootMode: 'UEFI', parameters: {}, secret: {} },
    { log: silentLogger, timings },
  );
});

afterEach(async () => {
  await driver.close();
  await bmc.close();
});

describe('virtual media through Redfish', () => {
  it.each(['action', 'strict', 'protocol', 'patch'] as const)(
    'inserts an image into a drive that takes it by: %s',
    async (media) => {
      bmc.faults.media = media;
      await driver.setBootDevice('VirtualMedia', signal, source);
      expect(bmc.image).toBe(url);
      expect(bmc.boot).toMatchObject({
        BootSourceOverrideTarget: 'Cd',
        BootSourceOverrideEnabled: 'Once',
      });
      await driver.ejectMedia?.(signal);
      expect(bmc.image).toBeUndefined();
    },
  );

  it('waits for a BMC that copies the image before it answers, and asks it once', async () => {
    bmc.faults.media = 'action';
    bmc.faults.copyMs = 2_000;
    const impatient = createRedfishDriver(
      { address: bmc.address, ...user, bootMode: 'UEFI', parameters: {}, secret: {} },
      { log: silentLogger, timings: { ...timings, requestMs: 1_000 } },
    );
    await impatient.setBootDevice('VirtualMedia', signal, source);
    await impatient.close();
    expect(bmc.image).toBe(url);
    expect(bmc.requests.filter(({ path }) => path.endsWith('InsertMedia')).length).toBe(1);
  });

  it('takes out what was left in the drive', async () => {
    bmc.faults.media = 'action';
    bmc.image = 'http://192.0.2.9/of-somebody.iso';
    await driver.setBootDevice('VirtualMedia', signal, source);
    expect(bmc.image).toBe(url);
  });

  it('leaves the same image where it is', async () => {
    bmc.faults.media = 'action';
    await driver.setBootDevice('VirtualMedia', signal, source);
    const inserts = () => bmc.requests.filter(({ path }) => path.endsWith('InsertMedia')).length;
    expect(inserts()).toBe(1);
    await driver.setBootDevice('VirtualMedia', signal, source);
    expect(inserts()).toBe(1);
  });

  it('does nothing to an empty drive', async () => {
    bmc.faults.media = 'action';
    await driver.ejectMedia?.(signal);
    expect(bmc.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('finds the drive at the system where newer BMCs have it', async () => {
    bmc.faults.media = 'action';
    bmc.faults.system = { VirtualMedia: { '@odata.id': '/redfish/v1/Managers/1/VirtualMedia' } };
    await driver.setBootDevice('VirtualMedia', signal, source);
    expect(bmc.image).toBe(url);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['Supermicro, whose Cd is a real one', { Manufacturer: 'Supermicro' }, 'UsbCd'],
    ['others that know both', { Manufacturer: 'Dell Inc.' }, 'Cd'],
  ])('boots from the virtual drive of %s', async (_who, system, target) => {
    bmc.faults.media = 'action';
    bmc.faults.system = { ...bmc.faults.system, ...system };
    bmc.boot = { 'BootSourceOverrideTarget@Redfish.AllowableValues': ['Pxe', 'Cd', 'UsbCd'] };
    await driver.setBootDevice('VirtualMedia', signal, source);
    expect(bmc.boot).toMatchObject({ BootSourceOverrideTarget: target });
  });

  it.each([
    ['a BMC without a virtual drive', 'none', 'BmcUnsupported'],
    ['a drive that stays empty', 'forgets', 'BmcProtocolError'],
  ] as const)('fails by name for %s, and sets no boot device', async (_what, media, code) => {
    bmc.faults.media = media;
    if (media === 'none') bmc.faults.system = {};
    await expect(driver.setBootDevice('VirtualMedia', signal, source)).rejects.toMatchObject({ code });
    expect(bmc.requests.filter(({ method }) => method === 'PATCH')).toEqual([]);
  });

  it('never says where the image is: the address opens it', async () => {
    bmc.faults.media = 'strict';
    bmc.faults.misanswer = ({ method, body }) =>
      method === 'GET' || !JSON.stringify(body ?? '').includes('boot.iso')
        ? undefined
        : { status: 400, body: { error: { message: `cannot open ${url}` } } };
    const failure = await driver
      .setBootDevice('VirtualMedia', signal, source)
      .catch((error: unknown) => error);
    expect(String(failure)).toContain('cannot open the image');
    expect(String(failure)).not.toContain('secret');
  });
});

describe('UEFI HTTP boot through Redfish', () => {
  it('names the loader where the BMC takes an address', async () => {
    bmc.boot = { HttpBootUri: null };
    await driver.setBootDevice('UefiHttp', signal, { url: 'http://192.0.2.1:7480/loaders/snponly.efi' });
    expect(bmc.boot).toMatchObject({
      BootSourceOverrideTarget: 'UefiHttp',
      HttpBootUri: 'http://192.0.2.1:7480/loaders/snponly.efi',
    });
  });

  it('leaves it to DHCP elsewhere', async () => {
    await driver.setBootDevice('UefiHttp', signal, { url: 'http://192.0.2.1:7480/loaders/snponly.efi' });
    expect(bmc.boot).not.toHaveProperty('HttpBootUri');
  });
});
