import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { type RedfishSimulator, startRedfishSimulator, systemPath } from '../testing/redfish-simulator.ts';
import { selfSigned } from '../testing/self-signed.ts';
import { createRedfishDriver, powerStateOf } from './driver.ts';

const user = { username: 'rack', password: randomBytes(12).toString('hex') };
const timings = { requestMs: 1_500, getRetriesMs: [1, 1], taskPollMs: 1, taskLongestMs: 50 };
const signal = AbortSignal.timeout(60_000);
const drivers: PowerDriver[] = [];
let bmc: RedfishSimulator;

function driverFor(target: Partial<PowerTarget> = {}): PowerDriver {
  const driver = createRedfishDriver(
    { address: bmc.address, ...user, bootMode: 'UEFI', parameters: {}, secret: {}, ...target },
    { log: silentLogger, timings },
  );
  drivers.push(driver);
  return driver;
}

function count(method: string, path: string): number {
  return bmc.requests.filter((request) => request.method === method && request.path === path).length;
}

const patches = () => bmc.requests.filter((request) => request.method === 'PATCH');
const sessionsPath = '/redfish/v1/SessionService/Sessions';

beforeEach(async () => {
  bmc = await startRedfishSimulator(user);
});

afterEach(async () => {
  await Promise.all(drivers.splice(0).map((driver) => driver.close()));
  await bmc.close();
});

describe('power through Redfish', () => {
  it('turns a machine on and off in one session, and deletes it', async () => {
    const driver = driverFor();
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(bmc.resets).toEqual(['On', 'ForceOff']);
    expect(bmc.sessions.size).toBe(1);
    expect(count('POST', sessionsPath)).toBe(1);
    await driver.close();
    expect(bmc.sessions.size).toBe(0);
  });

  it('asks on a connection of its own each time, without compression', async () => {
    await driverFor().status(signal);
    for (const { headers } of bmc.requests) {
      expect(headers).toMatchObject({ connection: 'close', 'accept-encoding': 'identity' });
    }
  });

  it('takes compression where the BMC insists', async () => {
    bmc.faults.refusesIdentity = true;
    expect(await driverFor().status(signal)).toBe('Off');
  });

  it.each([
    ['On', 'On'],
    ['Paused', 'On'],
    ['PoweringOff', 'On'],
    ['Off', 'Off'],
    ['PoweringOn', 'Off'],
    ['Sleeping', 'Unknown'],
    [undefined, 'Unknown'],
  ])('takes the power state %s for %s', (state, expected) => {
    expect(powerStateOf(state)).toBe(expected);
  });

  it('takes a power state of another type for unknown', async () => {
    bmc.faults.system = { PowerState: 7, Boot: null, Actions: [] };
    expect(await driverFor().status(signal)).toBe('Unknown');
  });

  it('turns on by ForceOn where the BMC knows no On, and reads what is allowed from ActionInfo too', async () => {
    const action = { target: `${systemPath}/Actions/ComputerSystem.Reset` };
    const allowed = { 'ResetType@Redfish.AllowableValues': ['ForceOn', 'ForceOff'] };
    bmc.faults.system = { Actions: { '#ComputerSystem.Reset': { ...action, ...allowed } } };
    await driverFor().on(signal);
    const info = '/redfish/v1/ResetInfo';
    bmc.faults.system = { Actions: { '#ComputerSystem.Reset': { ...action, '@Redfish.ActionInfo': info } } };
    const Parameters = [{ Name: 'ResetType', AllowableValues: ['ForceOn'] }];
    bmc.faults.misanswer = ({ path }) => (path === info ? { status: 200, body: { Parameters } } : undefined);
    await driverFor().on(signal);
    expect(bmc.resets).toEqual(['ForceOn', 'ForceOn']);
    await expect(driverFor().off(signal)).rejects.toMatchObject({ code: 'BmcUnsupported' });
  });
});

describe('logging in to Redfish', () => {
  it('uses Basic when the service has no sessions', async () => {
    bmc.faults.sessionService = false;
    expect(await driverFor().status(signal)).toBe('Off');
    expect(count('POST', sessionsPath)).toBe(0);
  });

  it.each([400, 401, 403])('never turns to Basic after a refused login (%i)', async (status) => {
    bmc.faults.misanswer = ({ method }) => (method === 'POST' ? { status } : undefined);
    await expect(driverFor().status(signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      retryable: false,
    });
    expect(bmc.requests.filter((request) => request.headers.authorization !== undefined)).toEqual([]);
  });

  it('names a wrong password, with a session service and without', async () => {
    const wrong = { password: 'not it' };
    await expect(driverFor(wrong).status(signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
    bmc.faults.sessionService = false;
    await expect(driverFor(wrong).status(signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
  });

  it('logs in again, once, when the session has ended', async () => {
    const driver = driverFor();
    await driver.status(signal);
    bmc.sessions.clear();
    expect(await driver.status(signal)).toBe('Off');
    expect(count('POST', sessionsPath)).toBe(2);
    bmc.faults.misanswer = ({ method }) => (method === 'GET' ? { status: 401 } : undefined);
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
    expect(count('POST', sessionsPath)).toBe(3);
  });

  it('logs in where even the service root wants it', async () => {
    bmc.faults.misanswer = ({ path, headers }) =>
      path === '/redfish/v1/' && headers['x-auth-token'] === undefined ? { status: 401 } : undefined;
    expect(await driverFor().status(signal)).toBe('Off');
  });

  it('says busy, to be tried again, when the session table is full', async () => {
    bmc.faults.maxSessions = 0;
    await expect(driverFor().status(signal)).rejects.toMatchObject({ code: 'BmcBusy', retryable: true });
  });

  it('does not follow a link, a redirect or a session away from the BMC', async () => {
    bmc.faults.misanswer = ({ path }) =>
      path === '/redfish/v1/'
        ? { status: 200, body: { Systems: { '@odata.id': 'http://192.0.2.1/x' } } }
        : undefined;
    await expect(driverFor().status(signal)).rejects.toMatchObject({ code: 'BmcProtocolError' });
    bmc.faults.misanswer = ({ path }) =>
      path === '/redfish/v1/Systems'
        ? { status: 307, headers: { location: 'http://192.0.2.1/' } }
        : undefined;
    await expect(driverFor().status(signal)).rejects.toMatchObject({ code: 'BmcProtocolError' });
    bmc.faults.misanswer = ({ method }) =>
      method === 'POST'
        ? { status: 201, headers: { 'x-auth-token': 't', location: 'http://192.0.2.1/s' } }
        : undefined;
    await expect(driverFor().status(signal)).rejects.toMatchObject({ code: 'BmcProtocolError' });
  });

  it('takes no password in the address', () => {
    expect(() => driverFor({ address: 'https://user:secret@bmc' })).toThrow(/address/);
  });
});

describe('finding the system', () => {
  const second = '/redfish/v1/Systems/2';
  const uuid = 'b8b9d1a6-7d4f-4a34-a8d4-1b7a4b1f2c11';

  beforeEach(() => {
    bmc.faults.others = { [second]: { Id: '2', UUID: uuid.toUpperCase(), PowerState: 'On' } };
  });

  it.each([
    { name: 'its id', parameters: { systemId: '2' } },
    { name: 'its path', parameters: { systemId: second } },
    { name: 'its UUID', parameters: { systemUuid: uuid } },
  ])('goes by $name', async ({ parameters }) => {
    expect(await driverFor({ parameters }).status(signal)).toBe('On');
  });

  it.each([
    { name: 'several and no choice', parameters: {} },
    { name: 'an id that is not there', parameters: { systemId: '9' } },
    { name: 'a UUID that is not there', parameters: { systemUuid: '00000000-0000-4000-8000-000000000000' } },
  ])('names what there is for $name', async ({ parameters }) => {
    await expect(driverFor({ parameters }).status(signal)).rejects.toMatchObject({
      code: 'BmcSystemNotFound',
      message: expect.stringContaining('1, 2'),
    });
  });

  it('follows the pages of a long collection', async () => {
    bmc.faults.misanswer = ({ path }) => {
      const next = { Members: [{ '@odata.id': second }] };
      if (path === '/redfish/v1/Systems?skip=1') return { status: 200, body: next };
      if (path !== '/redfish/v1/Systems') return undefined;
      const body = { Members: [{ '@odata.id': systemPath }], 'Members@odata.nextLink': `${path}?skip=1` };
      return { status: 200, body };
    };
    expect(await driverFor({ parameters: { systemId: '2' } }).status(signal)).toBe('On');
  });

  it('follows a redirect to the system', async () => {
    bmc.faults.misanswer = ({ path }) =>
      path === '/redfish/v1/Systems/name' ? { status: 307, headers: { location: second } } : undefined;
    expect(await driverFor({ parameters: { systemId: 'name' } }).status(signal)).toBe('On');
  });
});

describe('the boot override', () => {
  const allowing = (...values: string[]) => ({ 'BootSourceOverrideTarget@Redfish.AllowableValues': values });

  it.each([
    { device: 'Network' as const, target: 'Pxe' },
    { device: 'UefiHttp' as const, target: 'UefiHttp' },
    { device: 'Disk' as const, target: 'Hdd' },
  ])(
    'is $target for $device, once, and does not name a mode that the BMC does not',
    async ({ device, target }) => {
      await driverFor().setBootDevice(device, signal);
      expect(patches().map(({ body }) => body)).toEqual([
        { Boot: { BootSourceOverrideEnabled: 'Once', BootSourceOverrideTarget: target } },
      ]);
    },
  );

  it.each([
    { has: 'Legacy', bootMode: 'UEFI' as const, maker: 'Acme', named: 'UEFI' },
    { has: 'UEFI', bootMode: 'BIOS' as const, maker: 'Acme', named: 'Legacy' },
    { has: 'UEFI', bootMode: 'UEFI' as const, maker: 'Acme', named: undefined },
    { has: 'UEFI', bootMode: 'UEFI' as const, maker: 'Supermicro', named: 'UEFI' },
  ])(
    'names the mode $named for $bootMode on a $maker that is $has',
    async ({ has, bootMode, maker, named }) => {
      bmc.faults.system = { Manufacturer: maker };
      bmc.boot = { BootSourceOverrideMode: has, ...allowing('Pxe') };
      await driverFor({ bootMode }).setBootDevice('Network', signal);
      expect(patches()[0]?.body).toMatchObject({ Boot: { BootSourceOverrideTarget: 'Pxe' } });
      const mode = JSON.stringify(patches()[0]?.body).match(/Mode":"(\w+)"/)?.[1];
      expect(mode).toBe(named);
    },
  );

  it('is set without the mode when the BMC refuses the mode', async () => {
    bmc.boot = { BootSourceOverrideMode: 'Legacy' };
    bmc.faults.misanswer = ({ method, body }) =>
      method === 'PATCH' && JSON.stringify(body).includes('Mode') ? { status: 400 } : undefined;
    await driverFor().setBootDevice('Network', signal);
    expect(bmc.boot).toMatchObject({ BootSourceOverrideTarget: 'Pxe' });
  });

  it('names what the BMC allows instead', async () => {
    bmc.boot = allowing('Pxe', 'Hdd');
    await expect(driverFor().setBootDevice('UefiHttp', signal)).rejects.toMatchObject({
      code: 'BmcUnsupported',
      message: expect.stringContaining('Pxe, Hdd'),
    });
  });

  const etags = [
    { etags: 'none', matches: [undefined] },
    { etags: 'empty', matches: [undefined] },
    { etags: 'strong', matches: ['"e1"'] },
    { etags: 'wants strong', matches: ['W/"e1"', '"e1"'] },
    { etags: 'wants none', matches: ['"e1"', undefined] },
  ] as const;
  it.each(etags)('gets past a BMC with ETags: $etags', async ({ etags: kind, matches }) => {
    bmc.faults.etags = kind;
    await driverFor().setBootDevice('Network', signal);
    expect(patches().map(({ headers }) => headers['if-match'])).toEqual(matches);
    expect(bmc.boot).toMatchObject({ BootSourceOverrideEnabled: 'Once', BootSourceOverrideTarget: 'Pxe' });
  });

  it('goes to the settings resource, and to the system when that refuses', async () => {
    bmc.faults.settings = 'works';
    await driverFor().setBootDevice('Network', signal);
    expect(patches().map(({ path }) => path)).toEqual([`${systemPath}/Settings`]);
    bmc.faults.settings = 'refuses';
    await driverFor().setBootDevice('Disk', signal);
    expect(
      patches()
        .slice(1)
        .map(({ path }) => path),
    ).toEqual([`${systemPath}/Settings`, systemPath]);
    expect(bmc.boot).toMatchObject({ BootSourceOverrideTarget: 'Hdd' });
  });
});

describe('a Redfish service that misbehaves', () => {
  it.each(['reset', 'garbage', { status: 500 }, { status: 503 }] as const)(
    'is asked again after %o',
    async (wrong) => {
      bmc.faults.misanswer = (_request, nth) => (nth === 1 ? wrong : undefined);
      const reading = driverFor();
      bmc.faults.misanswer = ({ method }, nth) => (method === 'GET' && nth === 1 ? wrong : undefined);
      expect(await reading.status(signal)).toBe('Off');
    },
  );

  it.each([
    { wrong: 'reset' as const, code: 'BmcUnreachable' },
    { wrong: 'garbage' as const, code: 'BmcProtocolError' },
    { wrong: { status: 500 }, code: 'BmcBusy' },
  ])('is given up, to be tried again later, when it stays $wrong', async ({ wrong, code }) => {
    bmc.faults.misanswer = () => wrong;
    await expect(driverFor().status(signal)).rejects.toMatchObject({ code, retryable: true });
    expect(bmc.requests.length).toBe(3);
  });

  it.each(['hang', 'dribble'] as const)('cannot hold a command for ever: %s', async (wrong) => {
    bmc.faults.misanswer = ({ path }) => (path === systemPath ? wrong : undefined);
    const driver = createRedfishDriver(
      { address: bmc.address, ...user, bootMode: 'UEFI', parameters: {}, secret: {} },
      { log: silentLogger, timings: { ...timings, requestMs: 200 } },
    );
    drivers.push(driver);
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcUnreachable', retryable: true });
  });

  it('ends at once when it is told to', async () => {
    const controller = new AbortController();
    bmc.faults.misanswer = ({ path }) => {
      if (path !== systemPath) return undefined;
      controller.abort(new Error('enough'));
      return 'hang';
    };
    await expect(driverFor().status(controller.signal)).rejects.toThrow('enough');
  });

  it('never repeats a command by itself', async () => {
    bmc.faults.misanswer = ({ path }) => (path.endsWith('Reset') ? 'reset' : undefined);
    await expect(driverFor().on(signal)).rejects.toMatchObject({ code: 'BmcUnreachable', retryable: true });
    expect(count('POST', `${systemPath}/Actions/ComputerSystem.Reset`)).toBe(1);
  });

  it.each([
    { status: 400, id: 'iLO.2.14.InvalidOperationForSystemState', code: 'BmcBusy', retryable: true },
    { status: 409, id: 'IDRAC.2.8.SYS426', code: 'BmcBusy', retryable: true },
    { status: 400, id: 'Base.1.8.PropertyUnknown', code: 'BmcProtocolError', retryable: false },
    { status: 403, id: 'Base.1.8.InsufficientPrivilege', code: 'BmcPrivilegeTooLow', retryable: false },
    { status: 404, id: 'Base.1.8.ResourceMissingAtURI', code: 'BmcUnsupported', retryable: false },
    { status: 501, id: 'Base.1.8.NotImplemented', code: 'BmcUnsupported', retryable: false },
  ])('gives $code for $status $id to a command', async ({ status, id, code, retryable }) => {
    const body = { error: { '@Message.ExtendedInfo': [{ MessageId: id, Message: 'what happened' }] } };
    bmc.faults.misanswer = ({ path }) => (path.endsWith('Reset') ? { status, body } : undefined);
    await expect(driverFor().on(signal)).rejects.toMatchObject({
      code,
      retryable,
      message: expect.stringContaining('what happened'),
    });
  });

  it('says unreachable when nobody listens', async () => {
    const driver = driverFor({ address: 'http://127.0.0.1:1' });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcUnreachable', retryable: true });
  });
});

describe('a task of the BMC', () => {
  it('is followed to its end', async () => {
    bmc.faults.task = { looks: 3, state: 'Completed' };
    await driverFor().on(signal);
    expect(bmc.power).toBe('On');
  });

  it('that fails is an error with its messages', async () => {
    bmc.faults.task = { looks: 1, state: 'Exception' };
    await expect(driverFor().on(signal)).rejects.toMatchObject({
      code: 'BmcProtocolError',
      message: expect.stringContaining('the fan is missing'),
    });
  });

  it('is not known for a moment on some', async () => {
    bmc.faults.task = { looks: 0, state: 'Completed' };
    bmc.faults.misanswer = ({ path }, nth) =>
      path.includes('/Tasks/') && nth < 3 ? { status: 404 } : undefined;
    await driverFor().on(signal);
    expect(bmc.power).toBe('On');
  });

  it('that never ends is left to the executor', async () => {
    bmc.faults.task = { looks: 1_000_000, state: 'Completed' };
    await driverFor().on(signal);
    expect(bmc.power).toBe('Off');
  });
});

describe('TLS', () => {
  const certificate = selfSigned();

  beforeEach(async () => {
    await bmc.close();
    bmc = await startRedfishSimulator(user, certificate);
  });

  it('does not trust a certificate that nobody signed, and sends it nothing', async () => {
    await expect(driverFor().status(signal)).rejects.toMatchObject({
      code: 'BmcTlsFailed',
      retryable: false,
    });
    expect(bmc.requests).toEqual([]);
  });

  const capitals = certificate.fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');
  it.each([
    { name: 'its fingerprint', tls: { fingerprint: certificate.fingerprint } },
    { name: 'its fingerprint with colons', tls: { fingerprint: capitals } },
    { name: 'a CA bundle', tls: { caBundle: certificate.cert } },
    { name: 'insecureSkipVerify', tls: { insecureSkipVerify: true } },
  ])('trusts it by $name', async ({ tls }) => {
    expect(await driverFor({ tls }).status(signal)).toBe('Off');
  });

  it('is not left out silently where the address is http', () => {
    const target = { address: 'http://bmc', tls: { fingerprint: certificate.fingerprint } };
    expect(() => driverFor(target)).toThrow(expect.objectContaining({ code: 'BmcTlsFailed' }));
  });

  it('refuses another certificate than the pinned one before anything is sent, and names both', async () => {
    const tls = {
      fingerprint: selfSigned().fingerprint,
      caBundle: certificate.cert,
      insecureSkipVerify: true,
    };
    await expect(driverFor({ tls }).status(signal)).rejects.toMatchObject({
      code: 'BmcTlsFailed',
      message: expect.stringContaining(certificate.fingerprint),
    });
    expect(bmc.requests).toEqual([]);
  });
});
