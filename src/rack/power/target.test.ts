import { beforeEach, describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { secrets } from '../../kube/core-resources.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import { readPowerTarget } from './target.ts';

const namespace = 'metalwright-system';
const bmc = { driver: 'ipmi' as const, address: '192.0.2.1:6230', credentialsSecret: 'bmc' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe("a machine's BMC with its credentials", () => {
  let client: MemoryClient;
  beforeEach(() => {
    client = createMemoryClient();
  });

  async function secret(texts: Record<string, string>): Promise<void> {
    const data = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, base64(text)]));
    await client.create(secrets, { metadata: { name: 'bmc', namespace }, data });
  }

  it('is what the Machine and the Secret say', async () => {
    await secret({ username: 'user', password: 'pass', bmcKey: 'kg' });
    const machine = aMachine({
      spec: { bmc: { ...bmc, parameters: { cipherSuite: '3' }, tls: { fingerprint: 'f'.repeat(64) } } },
    });
    expect(await readPowerTarget(machine, client, namespace)).toEqual({
      driver: 'ipmi',
      target: {
        address: '192.0.2.1:6230',
        username: 'user',
        password: 'pass',
        bmcKey: Buffer.from('kg'),
        secret: { username: 'user', password: 'pass', bmcKey: 'kg' },
        bootMode: 'UEFI',
        parameters: { cipherSuite: '3' },
        tls: { fingerprint: 'f'.repeat(64) },
      },
    });
  });

  it.each<[string, Parameters<typeof aMachine>[0], 'BIOS' | 'UEFI']>([
    ['as the spec says', { spec: { bmc, bootMode: 'BIOS' }, status: { hardware: hardware('UEFI') } }, 'BIOS'],
    ['else as it was last seen', { spec: { bmc }, status: { hardware: hardware('BIOS') } }, 'BIOS'],
    ['else with UEFI', { spec: { bmc } }, 'UEFI'],
  ])('boots %s', async (_sentence, given, expected) => {
    await secret({ username: 'user', password: 'pass' });
    const found = await readPowerTarget(aMachine(given), client, namespace);
    expect(found?.target.bootMode).toBe(expected);
  });

  it.each<[string, Machine]>([
    ['has no BMC', aMachine()],
    ['is powered by hand', aMachine({ spec: { bmc: { driver: 'manual' } } })],
  ])('is nothing for a machine that %s', async (_sentence, machine) => {
    expect(await readPowerTarget(machine, client, namespace)).toBeUndefined();
  });

  it.each<[string, Record<string, string> | undefined, string]>([
    ['is missing', undefined, 'Secret metalwright-system/bmc is missing'],
    ['lacks the password', { username: 'user' }, 'lacks password'],
  ])('says so when the Secret %s', async (_sentence, texts, message) => {
    if (texts !== undefined) await secret(texts);
    await expect(readPowerTarget(aMachine({ spec: { bmc } }), client, namespace)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      message: expect.stringContaining(message),
    });
  });

  it('is no fault of the BMC when the Secret cannot be read', async () => {
    const away = client.connect({
      before() {
        throw kubeError('Forbidden', 'a test');
      },
    });
    await expect(readPowerTarget(aMachine({ spec: { bmc } }), away, namespace)).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });
});

function hardware(firmware: 'BIOS' | 'UEFI') {
  return { firmware, cores: 1, threads: 1, memoryMiB: 1, nics: 1, disks: [] };
}
