import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aController } from '../../../src/rack/power/testing/ipmi-bridge.ts';
import { type IpmiSimulator, startIpmiSimulator } from '../../../src/rack/power/testing/ipmi-simulator.ts';
import { ipmitool } from './peers.ts';

const user = { username: 'operator', password: randomBytes(8).toString('hex') };
const key = randomBytes(8).toString('hex');
let bmc: IpmiSimulator;

beforeAll(async () => {
  bmc = await startIpmiSimulator({ [user.username]: user.password });
  bmc.faults.bmcKey = new TextEncoder().encode(key);
});

afterAll(() => bmc?.close());

/** No BMC in Debian or on PyPI speaks suite 17: a client of others shows that the codecs are not only right with themselves. */
describe('ipmitool against the codecs of the IPMI driver, used the other way round', () => {
  it.each(['3', '17'])(
    'opens a session with cipher suite %s and a K_g, and powers the machine',
    async (suite) => {
      bmc.setPower('Off');
      const run = (...command: string[]) => ipmitool(bmc.port, user, ['-C', suite, '-k', key], command);
      expect(await run('chassis', 'power', 'status')).toContain('is off');
      await run('chassis', 'power', 'on');
      expect(bmc.power()).toBe('On');
      expect(await run('chassis', 'power', 'status')).toContain('is on');
      expect(bmc.openSessions()).toBe(0);
    },
  );

  it.each(['3', '17'])('is refused with cipher suite %s and another K_g', async (suite) => {
    const options = ['-C', suite, '-k', 'another', '-N', '1', '-R', '1'];
    await expect(ipmitool(bmc.port, user, options, ['chassis', 'power', 'status'])).rejects.toThrow();
  });

  it('reaches a controller over two bridges, and powers its machine alone', async () => {
    bmc.setPower('Off');
    const node = aController();
    bmc.faults.bus = { style: 'Separate', controllers: new Map([['0:82/7:72', node]]) };
    const path = ['-m', '0x20', '-B', '0', '-T', '0x82', '-b', '7', '-t', '0x72'];
    const run = (...command: string[]) => ipmitool(bmc.port, user, ['-C', '17', '-k', key, ...path], command);
    expect(await run('chassis', 'power', 'status')).toContain('is off');
    await run('chassis', 'power', 'on');
    expect(node.power).toBe('On');
    expect(bmc.power()).toBe('Off');
  });
});
