import { beforeEach, describe, expect, it } from 'vitest';
import type { PowerDriver } from '../driver.ts';
import { consoleTarget, sshTo } from '../testing/console-target.ts';
import { createMscmConsole, printed, type SimulatedConsole } from '../testing/consoles.ts';
import { createMscmDriver, stateOf } from './driver.ts';
import { listNodes } from './enumerate.ts';

const { signal } = new AbortController();

describe('power through the iLO Chassis Manager of a Moonshot chassis', () => {
  let manager: SimulatedConsole;
  let ssh: ReturnType<typeof sshTo>;
  const driverFor = (nodeId: string): PowerDriver =>
    createMscmDriver(consoleTarget({ nodeId, legacyAlgorithms: 'false' }), ssh);

  beforeEach(() => {
    manager = createMscmConsole();
    ssh = sshTo(manager);
  });

  it('switches one node and no other', async () => {
    const driver = driverFor('c1n1');
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(manager.machines).toEqual({ c1n1: 'Off', c7n1: 'On' });
    await driver.close();
    expect(ssh.closed()).toBe(1);
  });

  it('asks the operating system, and boots once from the network', async () => {
    const driver = driverFor('c7n1');
    await driver.softOff?.(signal);
    await driver.setBootDevice('Network', signal);
    expect(manager.commands).toEqual(['set node power off shutdown c7n1', 'set node bootonce pxe c7n1']);
    await expect(driver.setBootDevice('Disk', signal)).rejects.toMatchObject({ code: 'BmcUnsupported' });
  });

  it.each([
    ['says that there is no such node', 'Invalid node id', 'BmcSystemNotFound', false],
    ['is of another version', 'Invalid command', 'BmcUnsupported', false],
    ['is busy', 'Error: cartridge power change in progress', 'BmcBusy', true],
    ['wants more rights', 'Error: user is not authorized', 'BmcPrivilegeTooLow', false],
    ['fails', 'Error 17', 'BmcProtocolError', true],
  ])('is told when the manager %s', async (_, says, code, retryable) => {
    manager.instead['set node power'] = printed(`set node power on c1n1\n\n${says}`);
    manager.instead['show node power'] = printed(says);
    await expect(driverFor('c1n1').on(signal)).rejects.toMatchObject({ code, retryable });
    await expect(driverFor('c1n1').status(signal)).rejects.toMatchObject({ code, retryable });
  });

  it.each(['', 'Power State', 'show node power c1n1', '\u0000\u0001garbage'])(
    'takes %j for no state',
    async (stdout) => {
      manager.instead['show node power'] = printed(stdout);
      await expect(driverFor('c1n1').status(signal)).rejects.toMatchObject({
        code: 'BmcProtocolError',
        retryable: true,
      });
    },
  );

  it.each([
    ['On', 'On'],
    ['Off', 'Off'],
    ['Unavailable', 'Off'],
    ['Resetting', 'Unknown'],
  ] as const)('takes the state %s for %s', (word, state) => {
    expect(stateOf(word)).toBe(state);
  });

  it('lists all nodes, and closes', async () => {
    expect(await listNodes(consoleTarget({}), ssh.openSsh, signal)).toEqual([
      {
        name: 'c1n1',
        parameters: { nodeId: 'c1n1' },
        macAddresses: ['00:11:22:33:44:01', '00:11:22:33:55:01'],
        architecture: 'arm64',
        powerState: 'Off',
      },
      {
        name: 'c7n1',
        parameters: { nodeId: 'c7n1' },
        macAddresses: ['00:11:22:33:44:07', '00:11:22:33:55:07'],
        architecture: 'arm64',
        powerState: 'On',
      },
    ]);
    expect(ssh.closed()).toBe(1);
  });

  it('lists nothing of what is no list, and closes all the same', async () => {
    manager.instead['show node list'] = printed('Invalid command');
    await expect(listNodes(consoleTarget({}), ssh.openSsh, signal)).rejects.toMatchObject({
      code: 'BmcProtocolError',
    });
    expect(ssh.closed()).toBe(1);
  });
});
