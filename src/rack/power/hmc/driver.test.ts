import { beforeEach, describe, expect, it } from 'vitest';
import type { PowerDriver } from '../driver.ts';
import { consoleTarget, sshTo } from '../testing/console-target.ts';
import { createHmcConsole, printed, type SimulatedConsole } from '../testing/consoles.ts';
import { createHmcDriver, stateOf } from './driver.ts';
import { listPartitions } from './enumerate.ts';

const { signal } = new AbortController();
const server = 'Server-8284-22A-SN21AD4BV';

describe('power of a logical partition through its HMC', () => {
  let hmc: SimulatedConsole;
  let ssh: ReturnType<typeof sshTo>;
  const driverFor = (partition: string, more: Record<string, string> = {}): PowerDriver =>
    createHmcDriver(consoleTarget({ server, partition, ...more }), ssh);

  beforeEach(() => {
    hmc = createHmcConsole();
    ssh = sshTo(hmc);
  });

  it('is switched, also one whose name has a space, and a second order changes nothing', async () => {
    const driver = driverFor('web 7');
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    await driver.close();
    expect(ssh.closed()).toBe(1);
  });

  it('is activated with its profile, from the network when that was set', async () => {
    const driver = driverFor('web 7', { profile: 'default' });
    await driver.setBootDevice('Network', signal);
    await driver.on(signal);
    expect(hmc.commands).toEqual([
      `chsysstate -m '${server}' -r lpar -n 'web 7' -o on -f 'default' --bootstring network-all`,
    ]);
    await expect(driver.setBootDevice('Disk', signal)).rejects.toMatchObject({ code: 'BmcUnsupported' });
  });

  it('asks the operating system for a soft off', async () => {
    await driverFor('db').softOff?.(signal);
    expect(hmc.commands).toEqual([`chsysstate -m '${server}' -r lpar -n 'db' -o osshutdown`]);
  });

  it('is named when it does not exist, by each command', async () => {
    const driver = driverFor('none');
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
    await expect(driver.on(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
    const elsewhere = createHmcDriver(consoleTarget({ server: 'other', partition: 'db' }), ssh);
    await expect(elsewhere.status(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
  });

  it.each([
    [
      'wants more rights',
      'HSCL350B The user does not have the appropriate authority.',
      'BmcPrivilegeTooLow',
      false,
    ],
    ['is busy', 'HSCL3396 Another operation is in progress.', 'BmcBusy', true],
    ['says what nobody knows', 'HSCLFFFF', 'BmcProtocolError', true],
  ])('is told when the HMC %s', async (_, says, code, retryable) => {
    hmc.instead.chsysstate = printed(says, 1);
    await expect(driverFor('web 7').on(signal)).rejects.toMatchObject({ code, retryable });
  });

  it('takes no text for a list of partitions', async () => {
    hmc.instead.lssyscfg = printed('Welcome');
    await expect(driverFor('db').status(signal)).rejects.toMatchObject({
      code: 'BmcProtocolError',
      retryable: true,
    });
  });

  it.each([
    ['Running', 'On'],
    ['Starting', 'On'],
    ['Open Firmware', 'On'],
    ['Shutting Down', 'On'],
    ['Migrating - Running', 'On'],
    ['Not Activated', 'Off'],
    ['Migrating - Not Activated', 'Off'],
    ['Error', 'Unknown'],
    ['Not Available', 'Unknown'],
  ] as const)('takes the state %s for %s', (word, state) => {
    expect(stateOf(word)).toBe(state);
  });

  it('is listed with its MAC address, and no Virtual I/O server is', async () => {
    const nodes = await listPartitions(consoleTarget({}), ssh.openSsh, signal);
    expect(nodes).toEqual([
      {
        name: `${server}/web 7`,
        parameters: { server, partition: 'web 7' },
        macAddresses: ['8e:2f:5a:00:c4:00'],
        architecture: 'ppc64el',
        powerState: 'Off',
      },
      {
        name: `${server}/db`,
        parameters: { server, partition: 'db' },
        macAddresses: ['8e:2f:5a:00:c4:01'],
        architecture: 'ppc64el',
        powerState: 'On',
      },
    ]);
    expect(ssh.closed()).toBe(1);
  });
});
