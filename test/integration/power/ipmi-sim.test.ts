import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import type { PowerDriver, PowerTarget } from '../../../src/rack/power/driver.ts';
import { createIpmiDriver } from '../../../src/rack/power/ipmi/driver.ts';
import { freePort, type Peer, requireProgram, scratchDirectory, startPeer, untilReady } from './peers.ts';

const user = { username: 'operator', password: randomBytes(7).toString('hex') };
// ipmi_sim keeps 19 characters of it.
const key = randomBytes(9).toString('hex');
const bmcKey = new TextEncoder().encode(key);
const { signal } = new AbortController();

/** What ipmi_sim calls to power its machine: the state is in files beside it. */
const chassis = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
shift
operation=$1
shift
while [ $# -gt 0 ]; do
  case $operation in
    get) echo "$1:$(cat "$1")"; shift ;;
    set) echo "$2" > "$1"; shift 2 ;;
    check) shift ;;
  esac
done
`;

function configuration(directory: string, port: number): string {
  return `name "sim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
    bmc_key "${key}"
  endlan
  chassis_control "${join(directory, 'chassis.sh')} 0x20"
  user 2 true "${user.username}" "${user.password}" operator 10 none md2 md5 straight
`;
}

const commands = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
mc_enable 0x20
`;

let peer: Peer;
let port: number;

function driverFor(target: Partial<PowerTarget> = {}): PowerDriver {
  const address = `127.0.0.1:${port}`;
  const whole: PowerTarget = {
    address,
    ...user,
    bmcKey,
    bootMode: 'UEFI',
    parameters: {},
    secret: {},
    ...target,
  };
  return createIpmiDriver(whole, { log: silentLogger });
}

beforeAll(async () => {
  const program = requireProgram('ipmi_sim', 'openipmi');
  const directory = scratchDirectory();
  port = await freePort();
  mkdirSync(join(directory, 'state'));
  writeFileSync(join(directory, 'chassis.sh'), chassis);
  chmodSync(join(directory, 'chassis.sh'), 0o700);
  writeFileSync(join(directory, 'power'), '0\n');
  writeFileSync(join(directory, 'boot'), 'none\n');
  writeFileSync(join(directory, 'lan.conf'), configuration(directory, port));
  writeFileSync(join(directory, 'sim.emu'), commands);
  const args = [
    '-c',
    join(directory, 'lan.conf'),
    '-f',
    join(directory, 'sim.emu'),
    '-s',
    join(directory, 'state'),
    '-n',
  ];
  peer = startPeer(program, args, directory);
  await untilReady(peer, async () => {
    const driver = driverFor();
    try {
      await driver.status(signal);
    } finally {
      await driver.close();
    }
  });
});

afterAll(() => peer?.stop());

describe('ipmi_sim, an IPMI 2.0 BMC with a K_g', () => {
  it('powers its machine and sets its boot device, in many sessions', async () => {
    const state = (name: string): string => readFileSync(join(peer.directory, name), 'utf8').trim();
    // More rounds than it has session slots: each must have been closed.
    for (let round = 0; round < 40; round++) {
      const driver = driverFor();
      await driver.on(signal);
      expect(await driver.status(signal)).toBe('On');
      expect(state('power')).toBe('1');
      const device = round % 2 === 0 ? 'Network' : 'Disk';
      await driver.setBootDevice(device, signal);
      expect(state('boot')).toBe(device === 'Network' ? 'pxe' : 'default');
      await driver.off(signal);
      expect(await driver.status(signal)).toBe('Off');
      expect(state('power')).toBe('0');
      await driver.close();
    }
  });

  it.each([
    { name: 'a wrong password', target: { password: 'not it' }, code: 'BmcAuthenticationFailed' },
    { name: 'an unknown user', target: { username: 'nobody' }, code: 'BmcAuthenticationFailed' },
    { name: 'another key', target: { bmcKey: new TextEncoder().encode('another') }, code: 'BmcKeyRefused' },
    {
      name: 'cipher suite 17, which it lacks',
      target: { parameters: { cipherSuite: '17' } },
      code: 'BmcCipherRefused',
    },
  ])('is named for $name', async ({ target, code }) => {
    const driver = driverFor(target);
    await expect(driver.status(signal)).rejects.toMatchObject({ code, retryable: false });
    await driver.close();
  });

  it('is named for a session without the rights to power', async () => {
    const driver = driverFor({ parameters: { privilegeLevel: 'User' } });
    expect(await driver.status(signal)).toBe('Off');
    await expect(driver.on(signal)).rejects.toMatchObject({ code: 'BmcPrivilegeTooLow', retryable: false });
    await driver.close();
  });

  it('is named for no key at all', async () => {
    const address = `127.0.0.1:${port}`;
    const driver = createIpmiDriver(
      { address, ...user, bootMode: 'UEFI', parameters: {}, secret: {} },
      { log: silentLogger },
    );
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcKeyRefused' });
    await driver.close();
  });
});
