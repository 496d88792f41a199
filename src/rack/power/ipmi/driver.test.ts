import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { type IpmiSimulator, startIpmiSimulator } from '../testing/ipmi-simulator.ts';
import { createIpmiDriver } from './driver.ts';

const username = 'rack';
const password = randomBytes(10).toString('hex');
const key = new Uint8Array(randomBytes(20));
const signal = AbortSignal.timeout(60_000);
let bmc: IpmiSimulator;
const drivers: PowerDriver[] = [];

function driverFor(target: Partial<PowerTarget> = {}): PowerDriver {
  const driver = createIpmiDriver(
    {
      address: `127.0.0.1:${bmc.port}`,
      username,
      password,
      bootMode: 'BIOS',
      parameters: {},
      secret: {},
      ...target,
    },
    { log: silentLogger, retransmits: [150, 150, 300, 600], handshakeRetransmits: [150, 150, 300, 600] },
  );
  drivers.push(driver);
  return driver;
}

beforeEach(async () => {
  bmc = await startIpmiSimulator({ [username]: password });
});

afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
  await bmc.close();
});

describe('power through IPMI', () => {
  it('turns a machine on and off with cipher suite 17, in one session, and closes it', async () => {
    const driver = driverFor();
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(bmc.openSessions()).toBe(1);
    await driver.close();
    expect(bmc.openSessions()).toBe(0);
    expect(bmc.commands).toEqual([
      '6/59 03',
      '0/1',
      '0/2 01',
      '0/1',
      '0/2 00',
      '0/1',
      expect.stringMatching(/^6\/60 /),
    ]);
  });

  it('opens another session after close', async () => {
    const driver = driverFor();
    await driver.status(signal);
    await driver.close();
    expect(await driver.status(signal)).toBe('Off');
  });

  it('goes from suite 17 to 3 when the BMC refuses 17', async () => {
    bmc.faults.suites = ['3'];
    expect(await driverFor().status(signal)).toBe('Off');
  });

  it('goes on with 3 when the BMC answers 17 with 3, but not when only 17 is allowed', async () => {
    bmc.faults.imposedSuite = '3';
    expect(await driverFor().status(signal)).toBe('Off');
    const strict = driverFor({ parameters: { cipherSuite: '17' } });
    await expect(strict.status(signal)).rejects.toMatchObject({ code: 'BmcCipherRefused', retryable: false });
  });

  it('takes the BMC key', async () => {
    bmc.faults.bmcKey = key;
    expect(await driverFor({ bmcKey: key }).status(signal)).toBe('Off');
  });

  it.each([
    { name: 'without the key of a BMC that has one', bmcKey: key, given: undefined },
    { name: 'with another key', bmcKey: key, given: new Uint8Array(randomBytes(20)) },
    { name: 'with a key for a BMC that has none', bmcKey: undefined, given: key },
  ])('is refused $name, and does not drop the key', async ({ bmcKey, given }) => {
    if (bmcKey !== undefined) bmc.faults.bmcKey = bmcKey;
    const driver = driverFor(given === undefined ? {} : { bmcKey: given });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcKeyRefused', retryable: false });
    expect(bmc.received.filter((name) => name === 'open session')).toHaveLength(1);
  });

  it('tells a wrong password by RAKP 2 and lets the BMC free the session', async () => {
    const driver = driverFor({ password: 'not it' });
    await expect(driver.status(signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      message: expect.stringContaining('password is wrong'),
      retryable: false,
    });
    await expect.poll(() => bmc.received).toContain('RAKP 3 refusal 15');
    expect(bmc.received).not.toContain('RAKP 3');
  });

  it('tells an unknown user', async () => {
    await expect(driverFor({ username: 'nobody' }).status(signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      message: expect.stringContaining('unknown user'),
    });
  });

  it('suspects the user name when the BMC falls silent after it', async () => {
    bmc.faults.silentAboutUsers = true;
    await expect(driverFor({ username: 'nobody' }).status(signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      message: expect.stringContaining('user name'),
    });
  });

  it.each([
    { at: 'RAKP 2', maxPrivilege: 2, completion: 0 },
    { at: 'Set Session Privilege Level', maxPrivilege: 4, completion: 0x81 },
  ])('tells a privilege too low at $at, and leaves no session', async ({ maxPrivilege, completion }) => {
    bmc.faults.maxPrivilege = maxPrivilege;
    bmc.faults.completion = (request) => (request.command === 0x3b ? completion : 0);
    await expect(driverFor().status(signal)).rejects.toMatchObject({ code: 'BmcPrivilegeTooLow' });
    expect(bmc.openSessions()).toBe(0);
  });

  it('asks for the privilege level of the parameters', async () => {
    await driverFor({ parameters: { privilegeLevel: 'Administrator' } }).status(signal);
    expect(bmc.commands[0]).toBe('6/59 04');
  });

  it('refuses a BMC that has only IPMI 1.5, with advice', async () => {
    bmc.faults.ipmi15Only = true;
    await expect(driverFor().status(signal)).rejects.toMatchObject({
      code: 'BmcUnsupported',
      message: expect.stringContaining('IPMI 2.0'),
    });
  });

  it('says busy, to be tried again, when the session table is full', async () => {
    bmc.faults.maxSessions = 0;
    await expect(driverFor().status(signal)).rejects.toMatchObject({ code: 'BmcBusy', retryable: true });
  });

  it.each([0xc0, 0xc3, 0xc4, 0xd2])(
    'says busy for completion code 0x%s and keeps its session',
    async (code) => {
      bmc.faults.completion = (request, nth) => (request.command === 0x01 && nth === 1 ? code : 0);
      const driver = driverFor();
      await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcBusy', retryable: true });
      expect(await driver.status(signal)).toBe('Off');
      expect(bmc.received.filter((name) => name === 'open session')).toHaveLength(1);
    },
  );

  it('says unreachable when nobody listens', async () => {
    const driver = driverFor({ address: '127.0.0.1:1' });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcUnreachable', retryable: true });
  });

  it('says unreachable when the BMC is silent, and starts afresh with the next command', async () => {
    bmc.faults.answer = (name, packet) => (name === '0/1' ? [] : [packet]);
    const driver = driverFor();
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcUnreachable', retryable: true });
    bmc.faults.answer = (_name, packet) => [packet];
    expect(await driver.status(signal)).toBe('Off');
    expect(bmc.openSessions()).toBe(1);
  });

  it('carries a command out once although its answers are lost, each time with a new sequence number', async () => {
    bmc.faults.answer = (_name, packet, nth) => (nth % 3 === 0 ? [packet] : []);
    const driver = driverFor();
    await driver.on(signal);
    expect(bmc.power()).toBe('On');
    expect(bmc.commands.filter((command) => command === '0/2 01')).toHaveLength(1);
    expect(bmc.received).not.toContain('replayed');
  });

  it('goes on through answers that come twice, cut short, garbled or late', async () => {
    let previous: Uint8Array | undefined;
    bmc.faults.answer = (name, packet) => {
      // Before the session nothing protects a message but UDP's own checksum.
      if (!name.includes('/')) return [packet.subarray(0, 7), packet, packet];
      const garbled = Uint8Array.from(packet, (byte, index) =>
        index === packet.length - 3 ? byte ^ 0xff : byte,
      );
      const packets = [
        packet.subarray(0, 7),
        garbled,
        ...(previous === undefined ? [] : [previous]),
        packet,
        packet,
      ];
      previous = packet;
      return packets;
    };
    const driver = driverFor();
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
  });

  it('begins the handshake anew when the BMC has answered a repeated RAKP 1 with another random number', async () => {
    const held: Uint8Array[] = [];
    bmc.faults.answer = (name, packet) => {
      if (name !== 'RAKP 2' || held.length === 2) return [packet];
      held.push(packet);
      return held.length === 2 ? held : [];
    };
    expect(await driverFor().status(signal)).toBe('Off');
    expect(bmc.received.filter((name) => name === 'open session')).toHaveLength(2);
  });

  it('says so when the BMC talks nothing but garbage', async () => {
    bmc.faults.answer = () => [Uint8Array.of(6, 0, 255, 7, 99, 99, 99)];
    await expect(driverFor().status(signal)).rejects.toMatchObject({ code: 'BmcProtocolError' });
  });

  it('ends at once when it is told to', async () => {
    bmc.faults.answer = () => [];
    const controller = new AbortController();
    const looking = driverFor().status(controller.signal);
    controller.abort(new Error('enough'));
    await expect(looking).rejects.toThrow('enough');
  });
});

describe('the boot device through IPMI', () => {
  const common = ['0/8 0001', '0/8 0308', '0/8 040101'];
  const cases: {
    device: 'Network' | 'Disk';
    bootMode: 'BIOS' | 'UEFI';
    manufacturer: number;
    flags: string;
  }[] = [
    { device: 'Network', bootMode: 'BIOS', manufacturer: 343, flags: '0/8 058004000000' },
    { device: 'Network', bootMode: 'UEFI', manufacturer: 343, flags: '0/8 05a004000000' },
    { device: 'Disk', bootMode: 'BIOS', manufacturer: 10876, flags: '0/8 058008000000' },
    { device: 'Disk', bootMode: 'UEFI', manufacturer: 343, flags: '0/8 05a008000000' },
    { device: 'Disk', bootMode: 'UEFI', manufacturer: 10876, flags: '0/8 05a024000000' },
  ];
  it.each(cases)('is $flags for $device and $bootMode (maker $manufacturer)', async (row) => {
    bmc.faults.manufacturer = row.manufacturer;
    await driverFor({ bootMode: row.bootMode }).setBootDevice(row.device, signal);
    expect(bmc.commands.filter((command) => command.startsWith('0/8'))).toEqual([
      ...common,
      row.flags,
      '0/8 0000',
    ]);
  });

  it('is set although the BMC lacks the parameters around it', async () => {
    bmc.faults.completion = (request) => (request.command === 8 && request.data[0] !== 5 ? 0x80 : 0);
    await driverFor().setBootDevice('Network', signal);
    expect(bmc.commands).toContain('0/8 058004000000');
  });

  it('is an error when the BMC refuses the flags', async () => {
    bmc.faults.completion = (request) => (request.command === 8 && request.data[0] === 5 ? 0xcc : 0);
    await expect(driverFor().setBootDevice('Network', signal)).rejects.toMatchObject({
      code: 'BmcProtocolError',
    });
  });

  it('cannot be UefiHttp', async () => {
    const setting = driverFor({ bootMode: 'UEFI' }).setBootDevice('UefiHttp', signal);
    await expect(setting).rejects.toMatchObject({ code: 'BmcUnsupported' });
  });
});

describe('a target that IPMI cannot express', () => {
  it.each([
    { name: 'an address with a scheme', target: { address: 'https://bmc' }, code: 'BmcUnreachable' },
    {
      name: 'a user name of 17 bytes',
      target: { username: 'x'.repeat(17) },
      code: 'BmcAuthenticationFailed',
    },
    { name: 'a password of 21 bytes', target: { password: 'x'.repeat(21) }, code: 'BmcAuthenticationFailed' },
    { name: 'a key of 21 bytes', target: { bmcKey: new Uint8Array(21) }, code: 'BmcKeyRefused' },
  ])('is refused before anything is sent: $name', ({ target, code }) => {
    expect(() => driverFor(target)).toThrow(expect.objectContaining({ code }));
  });
});
