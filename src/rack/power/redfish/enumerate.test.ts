import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerTarget } from '../driver.ts';
import { type RedfishSimulator, startRedfishSimulator, systemPath } from '../testing/redfish-simulator.ts';
import { enumerateRedfish } from './enumerate.ts';

const user = { username: 'rack', password: randomBytes(12).toString('hex') };
const signal = AbortSignal.timeout(60_000);
let bmc: RedfishSimulator;
const target = (given: Partial<PowerTarget> = {}): PowerTarget => ({
  ...{ address: bmc.address, ...user, bootMode: 'UEFI', parameters: {}, secret: {} },
  ...given,
});
const list = () => enumerateRedfish(target(), { log: silentLogger }, signal);
const link = (path: string) => ({ '@odata.id': path });

beforeEach(async () => {
  bmc = await startRedfishSimulator(user);
});
afterEach(() => bmc.close());

describe('the systems of a Redfish service', () => {
  it('are listed with their UUID, MAC addresses, architecture and power, in one session', async () => {
    const nics = `${systemPath}/EthernetInterfaces`;
    const cpus = `${systemPath}/Processors`;
    bmc.faults.system = { Name: 'web', EthernetInterfaces: link(nics), Processors: link(cpus) };
    bmc.faults.resources = {
      [nics]: { Members: [link(`${nics}/1`), link(`${nics}/2`), link(`${nics}/gone`)] },
      [`${nics}/1`]: { PermanentMACAddress: 'AA:BB:CC:00:00:01', MACAddress: '00:00:00:00:00:00' },
      [`${nics}/2`]: { PermanentMACAddress: null, MACAddress: 'aa-bb-cc-00-00-02' },
      [cpus]: { Members: [link(`${cpus}/1`)] },
      [`${cpus}/1`]: { InstructionSet: 'x86-64' },
    };
    expect(await list()).toEqual([
      {
        name: 'web',
        parameters: { systemId: '1' },
        macAddresses: ['aa:bb:cc:00:00:01', 'aa:bb:cc:00:00:02'],
        systemUuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
        architecture: 'amd64',
        powerState: 'Off',
      },
    ]);
    expect(bmc.sessions.size).toBe(0);
  });

  it('are told apart by their ids where all have one name, and left out where one is gone', async () => {
    bmc.faults.system = { Name: 'System' };
    bmc.faults.others = { '/redfish/v1/Systems/2': { Name: 'System', PowerState: 'On' } };
    bmc.faults.misanswer = ({ path }) =>
      path === '/redfish/v1/Systems'
        ? {
            status: 200,
            body: { Members: ['1', '2', '3'].map((id) => link(`/redfish/v1/Systems/${id}`)) },
          }
        : undefined;
    expect((await list()).map(({ name, parameters }) => [name, parameters.systemId])).toEqual([
      ['1', '1'],
      ['2', '2'],
    ]);
  });

  it('are not listed with a wrong password, and no session stays', async () => {
    const wrong = target({ password: 'not it' });
    await expect(enumerateRedfish(wrong, { log: silentLogger }, signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
    });
    expect(bmc.sessions.size).toBe(0);
  });
});
