import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../log/logger.ts';
import { createBmcLock } from './bmc-lock.ts';
import { openPowerDriver, type PowerDriverName, powerDrivers } from './drivers.ts';
import { virtualTime } from './testing/virtual-time.ts';

const time = virtualTime();
const pacing = { changeMs: 0, queryMs: 0, inrushMs: 0 };
const lock = createBmcLock({ clock: time, delay: time.delay, pacing });

function open(name: PowerDriverName, parameters: Record<string, string>) {
  const target = {
    address: '127.0.0.1',
    username: 'u',
    password: 'p',
    bootMode: 'UEFI',
    parameters,
    secret: {},
  } as const;
  return openPowerDriver(name, target, lock, { log: silentLogger });
}

describe('the power drivers', () => {
  it.each([
    { name: 'ipmi' as const, parameters: {} },
    { name: 'ipmi' as const, parameters: { cipherSuite: '3', privilegeLevel: 'Administrator' } },
    { name: 'redfish' as const, parameters: {} },
    { name: 'redfish' as const, parameters: { systemId: 'System.Embedded.1' } },
    { name: 'redfish' as const, parameters: { systemUuid: '6695eb01-f6a4-8304-79aa-97f2502e193f' } },
  ])('open without a word to the BMC: $name $parameters', async ({ name, parameters }) => {
    await open(name, parameters).close();
  });

  it.each([
    { name: 'ipmi' as const, parameters: { cipherSuite: '0' }, says: 'cipherSuite' },
    { name: 'ipmi' as const, parameters: { privilegeLevel: 'OEM' }, says: 'privilegeLevel' },
    { name: 'ipmi' as const, parameters: { cypherSuite: '3' }, says: 'cypherSuite' },
    { name: 'redfish' as const, parameters: { systemUuid: 'x' }, says: 'systemUuid' },
    {
      name: 'redfish' as const,
      parameters: { systemId: '1', systemUuid: '6695eb01-f6a4-8304-79aa-97f2502e193f' },
      says: 'not several',
    },
  ])('name the parameter that is wrong: $name $parameters', ({ name, parameters, says }) => {
    const message = expect.stringContaining(says);
    expect(() => open(name, parameters)).toThrow(
      expect.objectContaining({ code: 'BmcUnsupported', message }),
    );
  });

  it('never put a password into an error', () => {
    const password = 'x'.repeat(21);
    const target = {
      address: 'a',
      username: 'u',
      password,
      bootMode: 'BIOS',
      parameters: {},
      secret: {},
    } as const;
    for (const create of Object.values(powerDrivers)) {
      try {
        create(target, { log: silentLogger });
      } catch (thrown) {
        expect(String(thrown)).not.toContain(password);
      }
    }
  });
});

describe.each(Object.keys(powerDrivers))('the folder of %s', (name) => {
  const folder = join(import.meta.dirname, name);

  it('has the driver, a test of it and a page; its parameters are where the CRD is made', () => {
    const files = readdirSync(folder);
    expect(files).toEqual(expect.arrayContaining(['README.md', 'driver.ts']));
    expect(files.some((file) => file === 'driver.test.ts')).toBe(true);
    expect(existsSync(resolve(import.meta.dirname, '../../api/bmc', `${name}.ts`))).toBe(true);
  });

  it('says what it was tested against, and whether that was real', () => {
    const [, peer = ''] =
      /\bTested (?:\S+ ){0,3}against ([\s\S]*)$/.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
    expect(peer).toMatch(/simulator|simulated|snmpd|libvirtd|vcsim|ipmi_sim|sushy-tools/);
    const isReal = /\breal libvirtd|snmpd|ipmi_sim|sushy-tools|service of yours|simulated service/;
    if (!isReal.test(peer)) expect(peer).toMatch(/\b(?:no real|none was|by hand)\b/i);
  });
});
