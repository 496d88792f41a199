import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createBmcLock } from '../../../src/rack/power/bmc-lock.ts';
import { delay } from '../../../src/rack/power/delay.ts';
import type { PowerDriver, PowerTarget } from '../../../src/rack/power/driver.ts';
import { openPowerDriver } from '../../../src/rack/power/drivers.ts';
import { executePowerRequest } from '../../../src/rack/power/executor.ts';
import { Collection } from '../../../src/rack/power/redfish/resources.ts';
import { selfSigned } from '../../../src/rack/power/testing/self-signed.ts';
import {
  freePort,
  keepTestMachine,
  type Peer,
  pythonOfPeers,
  quickTimings,
  scratchDirectory,
  startPeer,
  testMachineUri,
  untilReady,
} from './peers.ts';

const lock = createBmcLock({ clock: systemClock, delay, pacing: { changeMs: 50, queryMs: 10, inrushMs: 0 } });
const deps = { clock: systemClock, log: silentLogger, delay, timings: quickTimings, record: async () => {} };
const { signal } = new AbortController();
const fakeSystem = '27946b59-9e44-4fa7-8e91-f3527a1ef094';

/** Starts the emulator with these settings; `prefix` is Python that runs before it. */
async function startSushy(
  settings: Record<string, unknown>,
  prefix: string,
  directory = scratchDirectory(),
): Promise<{ peer: Peer; port: number }> {
  const port = await freePort();
  const all: Record<string, unknown> = {
    SUSHY_EMULATOR_LISTEN_IP: '127.0.0.1',
    SUSHY_EMULATOR_LISTEN_PORT: port,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => {
    const python = value === true ? 'True' : JSON.stringify(value);
    return `${name} = ${python}\n`;
  });
  const config = join(directory, 'sushy.conf');
  writeFileSync(config, `${lines.join('')}SUSHY_EMULATOR_STATE_DIR = ${JSON.stringify(directory)}\n`);
  const program = `${prefix}import sys\nsys.argv = ['sushy-emulator', '--config', '${config}']\nfrom sushy_tools.emulator.main import main\nsys.exit(main())\n`;
  return { peer: startPeer(pythonOfPeers(), ['-c', program], directory), port };
}

function driverFor(address: string, target: Partial<PowerTarget> = {}): PowerDriver {
  const whole: PowerTarget = {
    address,
    username: '',
    password: '',
    bootMode: 'UEFI',
    parameters: {},
    secret: {},
    ...target,
  };
  return openPowerDriver('redfish', whole, lock, { log: silentLogger });
}

async function lookOnce(driver: PowerDriver): Promise<void> {
  try {
    await driver.status(signal);
  } finally {
    await driver.close();
  }
}

describe("sushy-tools with libvirt's test machine, over plain http", () => {
  let peer: Peer;
  let address: string;

  beforeAll(async () => {
    const started = await startSushy({ SUSHY_EMULATOR_LIBVIRT_URI: testMachineUri }, keepTestMachine);
    peer = started.peer;
    address = `http://127.0.0.1:${started.port}`;
    await untilReady(peer, () => lookOnce(driverFor(address)));
  });
  afterAll(() => peer?.stop());

  async function systemSeenByOthers(): Promise<unknown> {
    const read = async (path: string): Promise<unknown> => (await fetch(`${address}${path}`)).json();
    const [only] = Collection.parse(await read('/redfish/v1/Systems')).Members ?? [];
    return await read(only?.['@odata.id'] ?? '');
  }

  it('cycles the machine, and another client sees the same', async () => {
    const driver = driverFor(address, { bootMode: 'BIOS' });
    const request = { id: 'r1', action: 'Cycle', boot: 'Network' } as const;
    const outcome = await executePowerRequest(request, undefined, driver, deps, signal);
    expect(outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
    expect(await systemSeenByOthers()).toMatchObject({
      PowerState: 'On',
      Boot: { BootSourceOverrideTarget: 'Pxe' },
    });
    const off = await executePowerRequest({ id: 'r2', action: 'Off' }, undefined, driver, deps, signal);
    await driver.close();
    expect(off).toMatchObject({ outcome: 'Succeeded', state: 'Off' });
    expect(await systemSeenByOthers()).toMatchObject({ PowerState: 'Off' });
  });

  it('finds the machine by its name, and names what there is when it is not there', async () => {
    const byName = driverFor(address, { parameters: { systemId: 'test' } });
    expect(['On', 'Off']).toContain(await byName.status(signal));
    const wrong = driverFor(address, { parameters: { systemId: 'no-such-machine' } });
    await expect(wrong.status(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
    await Promise.all([byName.close(), wrong.close()]);
  });
});

describe('sushy-tools with a UEFI machine that is slow, users and TLS', () => {
  const user = { username: 'admin', password: randomBytes(8).toString('hex') };
  const certificate = selfSigned();
  let peer: Peer;
  let address: string;
  const tls = { fingerprint: certificate.fingerprint };

  beforeAll(async () => {
    const directory = scratchDirectory();
    const hash = 'import bcrypt, sys\nprint(bcrypt.hashpw(sys.argv[1].encode(), bcrypt.gensalt(4)).decode())';
    const hashed = execFileSync(pythonOfPeers(), ['-c', hash, user.password]).toString().trim();
    writeFileSync(join(directory, 'users'), `${user.username}:${hashed}\n`);
    writeFileSync(join(directory, 'cert.pem'), certificate.cert);
    writeFileSync(join(directory, 'key.pem'), certificate.key, { mode: 0o600 });
    const settings = {
      SUSHY_EMULATOR_FAKE_DRIVER: true,
      SUSHY_EMULATOR_AUTH_FILE: join(directory, 'users'),
      SUSHY_EMULATOR_SSL_CERT: join(directory, 'cert.pem'),
      SUSHY_EMULATOR_SSL_KEY: join(directory, 'key.pem'),
    };
    const started = await startSushy(settings, '', directory);
    peer = started.peer;
    address = `https://127.0.0.1:${started.port}`;
    await untilReady(peer, () => lookOnce(driverFor(address, { ...user, tls })));
  });
  afterAll(() => peer?.stop());

  it('cycles the machine from UEFI HTTP by its UUID, however late the state comes', async () => {
    const driver = driverFor(address, { ...user, tls, parameters: { systemUuid: fakeSystem } });
    const request = { id: 'r1', action: 'Cycle', boot: 'UefiHttp' } as const;
    const outcome = await executePowerRequest(request, undefined, driver, deps, signal);
    await driver.close();
    expect(outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
  });

  it('tells of health, sensors and Secure Boot as far as it has them', async () => {
    const driver = driverFor(address, { ...user, tls, parameters: { systemUuid: fakeSystem } });
    const report = await driver.health?.({ cursor: undefined }, signal);
    await driver.close();
    expect(report).toMatchObject({ overall: 'OK', components: [], log: { news: [], critical: 0 } });
    expect(report?.sensors).toContainEqual({
      ...{ name: 'BaseBoard System Fan', kind: 'Fan', unit: 'RPM', value: 2100 },
    });
  });

  it.each([
    { name: 'a wrong password', target: { password: 'not it' }, code: 'BmcAuthenticationFailed' },
    { name: 'an unknown user', target: { username: 'nobody' }, code: 'BmcAuthenticationFailed' },
    { name: 'a certificate that nobody pinned', target: { tls: {} }, code: 'BmcTlsFailed' },
    {
      name: 'another pinned certificate',
      target: { tls: { fingerprint: selfSigned().fingerprint } },
      code: 'BmcTlsFailed',
    },
  ])('is named for $name', async ({ target, code }) => {
    const driver = driverFor(address, { ...user, tls, ...target });
    await expect(driver.status(signal)).rejects.toMatchObject({ code });
    await driver.close();
  });
});

describe.each(['minimum', 'vmedia', 'full'] as const)("sushy-tools' feature set %s", (featureSet) => {
  let peer: Peer;
  let address: string;
  let media: Server;
  let url: string;
  const driverOfSystem = () => driverFor(address, { parameters: { systemUuid: fakeSystem } });

  beforeAll(async () => {
    media = createServer((_request, response) => void response.end(Buffer.alloc(4096)));
    const port = await freePort();
    await new Promise<void>((resolve) => media.listen(port, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${port}/boot.iso`;
    const settings = { SUSHY_EMULATOR_FAKE_DRIVER: true, SUSHY_EMULATOR_FEATURE_SET: featureSet };
    const started = await startSushy(settings, '');
    peer = started.peer;
    address = `http://127.0.0.1:${started.port}`;
    await untilReady(peer, () => lookOnce(driverOfSystem()));
  });
  afterAll(async () => {
    await peer?.stop();
    media?.closeAllConnections();
    media?.close();
  });

  it('is enough to cycle a machine into the network, and to tell as much of its health as there is', async () => {
    const driver = driverOfSystem();
    const request = { id: 'r1', action: 'Cycle', boot: 'Network' } as const;
    const outcome = await executePowerRequest(request, undefined, driver, deps, signal);
    expect(outcome).toMatchObject({ outcome: 'Succeeded', state: 'On' });
    const report = await driver.health?.({ cursor: undefined }, signal);
    expect(report).toMatchObject({ components: [], log: { news: [], critical: 0 } });
    expect(report?.sensors.length === 0).toBe(featureSet !== 'full');
    await driver.close();
  });

  it(`has ${featureSet === 'minimum' ? 'no' : 'a'} virtual drive`, async () => {
    const driver = driverOfSystem();
    const inserted = driver.setBootDevice('VirtualMedia', signal, { url });
    if (featureSet === 'minimum') {
      await expect(inserted).rejects.toMatchObject({ code: 'BmcUnsupported' });
      await driver.close();
      return;
    }
    await inserted;
    const seen = async (): Promise<unknown> =>
      (await fetch(`${address}/redfish/v1/Systems/${fakeSystem}/VirtualMedia/Cd`)).json();
    expect(await seen()).toMatchObject({ Inserted: true, Image: expect.stringContaining('boot.iso') });
    await driver.ejectMedia?.(signal);
    await driver.close();
    expect(await seen()).toMatchObject({ Inserted: false });
  });
});
