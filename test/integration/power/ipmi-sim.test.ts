import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/log/logger.ts';
import type { PowerDriver, PowerTarget } from '../../../src/rack/power/driver.ts';
import { createIpmiDriver } from '../../../src/rack/power/ipmi/driver.ts';
import { createMoonshotDriver } from '../../../src/rack/power/moonshot/driver.ts';
import {
  freePort,
  oneController,
  type Peer,
  requireProgram,
  scratchDirectory,
  startPeer,
  untilReady,
} from './peers.ts';

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
set_working_mc 0x30
  chassis_control "${join(directory, 'node', 'chassis.sh')} 0x30"
`;
}

const hex = (bytes: readonly number[]): string => bytes.map((byte) => `0x${byte.toString(16)}`).join(' ');
const idString = (text: string): number[] => [0xc0 | text.length, ...Buffer.from(text)];

/** A full record: degrees Celsius, M 1, thresholds (IPMI 2.0, table 43-1). */
const temperatureBody = [
  ...[0x20, 0, 1, 3, 1, 0x7f, 0x68, 0x01, 0x01, 0x80, 0x0a, 0x80, 0x0a, 0x38, 0x38, 0, 1, 0, 0],
  ...[1, 0, 0, 0, 0, 0, 0, 25, 80, 10, 0xff, 0, 0x78, 0x64, 0x5a, 0, 0, 0, 2, 2, 0, 0, 0],
  ...idString('CPU Temp'),
];
const temperature = [0, 0, 0x51, 0x01, temperatureBody.length, ...temperatureBody];
/** A compact one: a power supply (table 43-2). */
const supplyBody = [
  ...[0x20, 0, 2, 10, 1, 0x67, 0x40, 0x08, 0x6f, 0x0f, 0, 0x0f, 0, 0x0f, 0, 0xc0, 0, 0],
  ...[1, 0, 0, 0, 0, 0, 0, 0, ...idString('PSU1')],
];
const supply = [0, 0, 0x51, 0x02, supplyBody.length, ...supplyBody];

/** No state makes an event. */
const noBits = Array.from({ length: 4 }, () => '0'.repeat(15)).join(' ');

const commands = `${oneController}mc_add 0x30 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf03
mc_enable 0x30
sel_enable 0x20 100 0x0a
sensor_add 0x20 0 1 0x01 0x01
sensor_set_threshold 0x20 0 1 readable 111000 0x78 0x64 0x5a 0 0 0
sensor_set_event_support 0x20 0 1 enable scanning per-state ${noBits}
sensor_set_value 0x20 0 1 0x5c 0
sensor_add 0x20 0 2 0x08 0x6f
sensor_set_event_support 0x20 0 2 enable scanning per-state ${noBits}
sensor_set_bit 0x20 0 2 0 1 0
sensor_set_bit 0x20 0 2 1 1 0
main_sdr_add 0x20 ${hex(temperature)}
main_sdr_add 0x20 ${hex(supply)}
sel_add 0x20 0x02 0 0 0 0x60 0x20 0 4 0x08 2 0x6f 1 0xff 0xff
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
  mkdirSync(join(directory, 'node'));
  for (const machine of [directory, join(directory, 'node')]) {
    writeFileSync(join(machine, 'chassis.sh'), chassis);
    chmodSync(join(machine, 'chassis.sh'), 0o700);
    writeFileSync(join(machine, 'power'), '0\n');
    writeFileSync(join(machine, 'boot'), 'none\n');
  }
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

  it('tells its sensors, what is wrong with them, and its events', async () => {
    const driver = driverFor();
    const report = await driver.health?.({ cursor: undefined }, signal);
    expect(report).toMatchObject({
      overall: 'Critical',
      sensors: [{ name: 'CPU Temp', kind: 'Temperature', unit: 'Celsius', value: 92 }],
      components: [
        { name: 'CPU Temp', health: 'Warning', message: 'above its upper non-critical threshold' },
        { name: 'PSU1', health: 'Critical', message: 'failure' },
      ],
      firmware: { BMC: '9.08' },
      log: { news: [], critical: 1 },
    });
    const again = await driver.health?.({ cursor: report?.log.cursor }, signal);
    expect(again?.log).toEqual(report?.log);
    await driver.close();
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

  it('bridges to a node behind it, which is powered alone', async () => {
    const state = (...name: string[]): string =>
      readFileSync(join(peer.directory, ...name, 'power'), 'utf8').trim();
    const parameters = { targetAddress: '0x30', targetChannel: '0' };
    const address = `127.0.0.1:${port}`;
    const target: PowerTarget = { address, ...user, bmcKey, bootMode: 'UEFI', parameters, secret: {} };
    const node = createMoonshotDriver(target, { log: silentLogger });
    expect(await node.status(signal)).toBe('Off');
    await node.on(signal);
    await node.setBootDevice('Network', signal);
    expect(await node.status(signal)).toBe('On');
    expect([state('node'), state()]).toEqual(['1', '0']);
    await node.off(signal);
    expect(await node.status(signal)).toBe('Off');
    await node.close();
    const nobody = { ...target, parameters: { ...parameters, targetAddress: '0x3c' } };
    const missing = createMoonshotDriver(nobody, { log: silentLogger });
    await expect(missing.status(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
    await missing.close();
  });
});
