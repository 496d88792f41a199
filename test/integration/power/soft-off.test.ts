import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabEnvironment } from '../../../lab/environment.ts';
import { ensureLibvirt, LIBVIRT_URI, stopOwnLibvirt } from '../../../lab/machines/libvirt-daemons.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createBmcLock } from '../../../src/rack/power/bmc-lock.ts';
import { delay } from '../../../src/rack/power/delay.ts';
import type { PowerTarget } from '../../../src/rack/power/driver.ts';
import { openPowerDriver, type PowerDriverName } from '../../../src/rack/power/drivers.ts';
import { executePowerRequest } from '../../../src/rack/power/executor.ts';
import { type Sushy, startSushy } from '../virtual-media/sushy.ts';
import {
  freePort,
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

const run = promisify(execFile);
const user = { username: 'admin', password: randomBytes(8).toString('hex') };
const deaf = `metalwright-soft-${randomUUID().slice(0, 8)}`;
const uuid = randomUUID();
const lock = createBmcLock({ clock: systemClock, delay, pacing: { changeMs: 50, queryMs: 10, inrushMs: 0 } });
const signal = AbortSignal.timeout(300_000);

/** A machine without anything to boot: nothing in it hears of ACPI. */
const xml = `<domain type='qemu'>
  <name>${deaf}</name><uuid>${uuid}</uuid>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><video><model type='none'/></video><memballoon model='none'/></devices>
</domain>
`;

/** virtualbmc for one machine. @param prefix Python that runs before it */
async function startVirtualBmc(
  uri: string,
  domain: string,
  prefix: string,
): Promise<{ peer: Peer; port: number }> {
  const directory = scratchDirectory();
  const port = await freePort();
  const machines = join(directory, 'machines');
  mkdirSync(join(machines, domain), { recursive: true });
  const section = (name: string, values: object): string =>
    `[${name}]\n${Object.entries(values)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('')}`;
  writeFileSync(
    join(directory, 'virtualbmc.conf'),
    section('default', {
      ...{ config_dir: machines, pid_file: join(directory, 'vbmcd.pid') },
      ...{ server_port: await freePort(), server_response_timeout: 500 },
    }),
  );
  const machine = {
    domain_name: domain,
    ...user,
    address: '127.0.0.1',
    port,
    libvirt_uri: uri,
    active: 'True',
  };
  writeFileSync(join(machines, domain, 'config'), section('VirtualBMC', machine));
  const program = `${prefix}import sys\nfrom virtualbmc.cmd.vbmcd import main\nsys.exit(main(['--foreground']))\n`;
  const config = { VIRTUALBMC_CONFIG: join(directory, 'virtualbmc.conf') };
  return { peer: startPeer(pythonOfPeers(), ['-c', program], directory, config), port };
}

function targetAt(address: string, changes: Partial<PowerTarget> = {}): PowerTarget {
  return { address, ...user, bootMode: 'BIOS', parameters: {}, secret: {}, ...changes };
}

/** Switches on, then off softly. @returns the steps of the latter */
async function softly(
  name: PowerDriverName,
  target: PowerTarget,
): Promise<{ steps: string[]; outcome: object }> {
  const steps: string[] = [];
  const driver = openPowerDriver(name, target, lock, { log: silentLogger });
  const deps = { clock: systemClock, log: silentLogger, delay, timings: quickTimings };
  try {
    const on = { ...deps, record: async () => {} };
    expect(
      await executePowerRequest({ id: 'on', action: 'On' }, undefined, driver, on, signal),
    ).toMatchObject({
      outcome: 'Succeeded',
    });
    const request = { id: 'off', action: 'Off', mode: 'Soft' } as const;
    const record = async (step: string): Promise<void> => void steps.push(step);
    return {
      steps,
      outcome: await executePowerRequest(request, undefined, driver, { ...deps, record }, signal),
    };
  } finally {
    await driver.close();
  }
}

async function answers(name: PowerDriverName, target: PowerTarget): Promise<void> {
  const driver = openPowerDriver(name, target, lock, { log: silentLogger });
  try {
    await driver.status(signal);
  } finally {
    await driver.close();
  }
}

describe('a soft off of a machine that hears nothing', () => {
  const environment = readLabEnvironment();
  let sushy: Sushy;
  let ipmi: { peer: Peer; port: number };

  beforeAll(async () => {
    await ensureLibvirt(environment);
    const directory = scratchDirectory();
    const file = join(directory, 'domain.xml');
    writeFileSync(file, xml);
    await run('virsh', ['-c', LIBVIRT_URI, 'define', file]);
    sushy = await startSushy({ directory, user, libvirtUri: LIBVIRT_URI, pool: 'none' });
    ipmi = await startVirtualBmc(LIBVIRT_URI, deaf, '');
    await untilReady(ipmi.peer, () => answers('ipmi', targetAt(`127.0.0.1:${ipmi.port}`)));
  });
  afterAll(async () => {
    await sushy?.stop();
    await ipmi?.peer.stop();
    await run('virsh', ['-c', LIBVIRT_URI, 'destroy', deaf]).catch(() => undefined);
    await run('virsh', ['-c', LIBVIRT_URI, 'undefine', deaf]).catch(() => undefined);
    await stopOwnLibvirt(environment);
  });

  it.each([
    [
      'sushy-tools',
      'redfish',
      () => targetAt(sushy.address, { parameters: { systemUuid: uuid }, tls: sushy }),
    ],
    ['virtualbmc', 'ipmi', () => targetAt(`127.0.0.1:${ipmi.port}`)],
    ['virsh', 'libvirt', () => targetAt(LIBVIRT_URI, { parameters: { domain: deaf } })],
  ] as const)('is asked for, waited for, and ends hard: %s', async (_peer, driver, target) => {
    const { steps, outcome } = await softly(driver, target());
    expect(steps).toEqual(['SoftOff', 'Off']);
    expect(outcome).toMatchObject({ outcome: 'Succeeded', state: 'Off' });
    const { stdout } = await run('virsh', ['-c', LIBVIRT_URI, 'domstate', deaf]);
    expect(stdout.trim()).toBe('shut off');
  });
});

describe('a soft off of a machine that obeys', () => {
  it('needs no hard one: virtualbmc', async () => {
    const { peer, port } = await startVirtualBmc(testMachineUri, testMachineName, keepTestMachine);
    try {
      const target = targetAt(`127.0.0.1:${port}`);
      await untilReady(peer, () => answers('ipmi', target));
      const { steps, outcome } = await softly('ipmi', target);
      expect(steps).toEqual(['SoftOff']);
      expect(outcome).toMatchObject({ outcome: 'Succeeded', state: 'Off' });
    } finally {
      await peer.stop();
    }
  });
});
