import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { aController, type SimulatedBus, type SimulatedController } from '../testing/ipmi-bridge.ts';
import { type IpmiSimulator, startIpmiSimulator } from '../testing/ipmi-simulator.ts';
import { createMoonshotDriver } from './driver.ts';
import { listNodes } from './enumerate.ts';

const username = 'rack';
const password = randomBytes(9).toString('hex');
const signal = AbortSignal.timeout(60_000);
const quick = {
  log: silentLogger,
  retransmits: [150, 150, 300, 600],
  handshakeRetransmits: [150, 150, 300, 600],
};
const first = { transitAddress: '0x82', transitChannel: '0', targetAddress: '0x72', targetChannel: '7' };

describe('power of a node of a Moonshot chassis', () => {
  let manager: IpmiSimulator;
  let bus: SimulatedBus;
  const drivers: PowerDriver[] = [];
  const targetFor = (
    parameters: Record<string, string>,
    changes: Partial<PowerTarget> = {},
  ): PowerTarget => ({
    ...{ address: `127.0.0.1:${manager.port}`, username, password, secret: {}, bootMode: 'BIOS', parameters },
    ...changes,
  });
  const driverFor = (parameters: Record<string, string>, changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createMoonshotDriver(targetFor(parameters, changes), quick);
    drivers.push(driver);
    return driver;
  };
  const controller = (path: string): SimulatedController => bus.controllers.get(path) ?? aController();

  beforeEach(async () => {
    manager = await startIpmiSimulator({ [username]: password });
    const cartridges = [
      { channel: 0, address: 0x82, name: 'C1' },
      { channel: 0, address: 0x84, name: 'C2' },
      { channel: 0, address: 0x52, name: 'PS1' },
      { channel: 0, address: 0x86, name: 'C3, pulled out' },
    ];
    const node = { channel: 7, address: 0x72, name: 'N1' };
    bus = {
      style: 'Separate',
      controllers: new Map([
        ['', aController({ locates: [{ channel: 0, address: 0x20, name: 'ChasMgmtCtlr' }, ...cartridges] })],
        ['0:52', aController()],
        ['0:82', aController({ locates: [node] })],
        ['0:84', aController({ locates: [node, { channel: 7, address: 0x74, name: 'a name of 16 byt' }] })],
        ['0:82/7:72', aController()],
        ['0:84/7:72', aController()],
        ['0:84/7:74', aController({ power: 'On' })],
      ]),
    };
    manager.faults.bus = bus;
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await manager.close();
  });

  it.each(['Separate', 'Embedded'] as const)(
    'switches one node and no other, in one session that it ends; answers come %s',
    async (style) => {
      bus.style = style;
      const driver = driverFor(first);
      expect(await driver.status(signal)).toBe('Off');
      await driver.on(signal);
      expect(await driver.status(signal)).toBe('On');
      expect(controller('0:84/7:72').commands).toEqual([]);
      await driver.off(signal);
      expect(await driver.status(signal)).toBe('Off');
      await driver.softOff?.(signal);
      expect(controller('0:82/7:72').commands).toEqual(['0/1', '0/2 01', '0/1', '0/2 00', '0/1', '0/2 05']);
      expect(manager.power()).toBe('Off');
      expect(manager.openSessions()).toBe(1);
      await driver.close();
      expect(manager.openSessions()).toBe(0);
    },
  );

  it('sets its boot device, not that of the chassis', async () => {
    await driverFor(first).setBootDevice('Network', signal);
    expect(controller('0:82/7:72').commands).toContain('0/8 058004000000');
    expect(manager.commands.filter((command) => command.startsWith('0/'))).toEqual([]);
  });

  it('is reached over one bridge, too', async () => {
    const { targetAddress } = { targetAddress: '0x84' };
    bus.controllers.set('7:84', aController({ power: 'On' }));
    expect(await driverFor({ targetAddress }).status(signal)).toBe('On');
  });

  it('asks again when an answer is lost, and takes the late one for no other', async () => {
    manager.faults.answer = (name, packet, nth) => (name === '6/52' && nth <= 3 ? [] : [packet]);
    const driver = driverFor(first);
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
  });

  it('says that a bridge acknowledged, and no answer came', async () => {
    manager.faults.answer = (name, packet, nth) => (name === '6/52' && nth % 3 === 0 ? [] : [packet]);
    await expect(driverFor(first).status(signal)).rejects.toMatchObject({
      code: 'BmcUnreachable',
      retryable: true,
    });
  });

  it('names a node that is not there, and keeps its session', async () => {
    const driver = driverFor({ ...first, targetAddress: '0x78' });
    await expect(driver.status(signal)).rejects.toMatchObject({
      code: 'BmcSystemNotFound',
      message: expect.stringContaining('nobody has this address'),
    });
    expect(manager.openSessions()).toBe(1);
  });

  it.each([
    ['the bus is taken', 0x81, 'BmcBusy', true],
    ['the manager is busy', 0xc0, 'BmcBusy', true],
    ['the manager does not bridge', 0xc1, 'BmcUnsupported', false],
    ['the user may not bridge', 0xd4, 'BmcPrivilegeTooLow', false],
  ])('is told that %s', async (_, completion, code, retryable) => {
    delete manager.faults.bus;
    manager.faults.completion = ({ command }) => (command === 0x34 ? completion : 0);
    await expect(driverFor(first).status(signal)).rejects.toMatchObject({ code, retryable });
  });

  it('asks a wrong password only once', async () => {
    const wrong = driverFor(first, { password: 'not it' });
    await expect(wrong.status(signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      retryable: false,
    });
  });

  it.each(['Separate', 'Embedded'] as const)(
    'lists the nodes of all cartridges; answers come %s',
    async (style) => {
      bus.style = style;
      const nodes = await listNodes(targetFor({}), quick, signal);
      expect(nodes.map(({ name, powerState }) => [name, powerState])).toEqual([
        ['C1/N1', 'Off'],
        ['C2/N1', 'Off'],
        ['C2/a name of 16 byt', 'On'],
      ]);
      expect(nodes[0]?.parameters).toEqual(first);
      expect(manager.openSessions()).toBe(0);
    },
  );
});
