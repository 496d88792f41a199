import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createBmcLock } from '../../../src/rack/power/bmc-lock.ts';
import { delay } from '../../../src/rack/power/delay.ts';
import type { PowerDriver, PowerTarget } from '../../../src/rack/power/driver.ts';
import { openPowerDriver } from '../../../src/rack/power/drivers.ts';
import { executePowerRequest } from '../../../src/rack/power/executor.ts';
import {
  freePort,
  ipmitool,
  keepTestMachine,
  type Peer,
  pythonOfPeers,
  quickTimings,
  scratchDirectory,
  startPeer,
  testMachineName,
  testMachineUri,
  untilReady,
} from './peers.ts';

const user = { username: 'admin', password: randomBytes(8).toString('hex') };
const lock = createBmcLock({ clock: systemClock, delay, pacing: { changeMs: 50, queryMs: 10, inrushMs: 0 } });
const deps = { clock: systemClock, log: silentLogger, delay, timings: quickTimings };
const { signal } = new AbortController();
let peer: Peer;
let port: number;

function driverFor(target: Partial<PowerTarget> = {}): PowerDriver {
  const address = `127.0.0.1:${port}`;
  const whole: PowerTarget = { address, ...user, bootMode: 'BIOS', parameters: {}, secret: {}, ...target };
  return openPowerDriver('ipmi', whole, lock, { log: silentLogger });
}

beforeAll(async () => {
  const python = pythonOfPeers();
  const directory = scratchDirectory();
  port = await freePort();
  mkdirSync(join(directory, 'machines', testMachineName), { recursive: true });
  const daemon = [
    '[default]',
    `config_dir=${join(directory, 'machines')}`,
    `pid_file=${join(directory, 'vbmcd.pid')}`,
    `server_port=${await freePort()}`,
    'server_response_timeout=500',
  ];
  const machine = [
    '[VirtualBMC]',
    `domain_name=${testMachineName}`,
    `username=${user.username}`,
    `password=${user.password}`,
    'address=127.0.0.1',
    `port=${port}`,
    `libvirt_uri=${testMachineUri}`,
    'active=True',
  ];
  writeFileSync(join(directory, 'virtualbmc.conf'), `${daemon.join('\n')}\n`);
  writeFileSync(join(directory, 'machines', testMachineName, 'config'), `${machine.join('\n')}\n`);
  const program = `${keepTestMachine}from virtualbmc.cmd.vbmcd import main\nsys.exit(main(['--foreground']))\n`;
  peer = startPeer(python, ['-c', program], directory, {
    VIRTUALBMC_CONFIG: join(directory, 'virtualbmc.conf'),
  });
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

describe('virtualbmc, an IPMI 2.0 BMC with cipher suite 3 only', () => {
  it('cycles a machine into the network, and ipmitool sees the same', async () => {
    const driver = driverFor();
    const steps: string[] = [];
    const record = async (step: string): Promise<void> => {
      steps.push(
        `${step} when ${await ipmitool(port, user, ['-C', '3'], ['chassis', 'power', 'status'])}`.trim(),
      );
    };
    const request = { id: 'r1', action: 'Cycle', boot: 'Network' } as const;
    const outcome = await executePowerRequest(request, undefined, driver, { ...deps, record }, signal);
    await driver.close();
    expect(outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
    expect(steps).toEqual([
      'Off when Chassis Power is on',
      'BootDevice when Chassis Power is off',
      'On when Chassis Power is off',
    ]);
    expect(await ipmitool(port, user, ['-C', '3'], ['chassis', 'power', 'status'])).toContain('is on');
    expect(await ipmitool(port, user, ['-C', '3'], ['chassis', 'bootparam', 'get', '5'])).toContain(
      'Force PXE',
    );
  });

  it('turns a machine off, and then on from its disk', async () => {
    const driver = driverFor();
    const record = async (): Promise<void> => {};
    for (const request of [
      { id: 'r2', action: 'Off' },
      { id: 'r3', action: 'On', boot: 'Disk' },
    ] as const) {
      const outcome = await executePowerRequest(request, undefined, driver, { ...deps, record }, signal);
      expect(outcome).toMatchObject({ outcome: 'Succeeded', state: request.action });
    }
    await driver.close();
    expect(await ipmitool(port, user, ['-C', '3'], ['chassis', 'bootparam', 'get', '5'])).toContain(
      'Hard-Drive',
    );
  });

  it.each([
    { name: 'a wrong password', target: { password: 'not it' }, code: 'BmcAuthenticationFailed' },
    {
      name: 'a key that it does not have',
      target: { bmcKey: new Uint8Array(8).fill(7) },
      code: 'BmcKeyRefused',
    },
    {
      name: 'cipher suite 17 alone',
      target: { parameters: { cipherSuite: '17' } },
      code: 'BmcCipherRefused',
    },
  ])('is named for $name', async ({ target, code }) => {
    const driver = driverFor(target);
    await expect(driver.status(signal)).rejects.toMatchObject({ code });
    await driver.close();
  });

  it('says nothing to an unknown user, which is told as such', async () => {
    const driver = driverFor({ username: 'nobody' });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
    await driver.close();
  });
});
