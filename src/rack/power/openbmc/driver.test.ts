import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PowerDriver } from '../driver.ts';
import {
  type HttpService,
  type ServiceAnswer,
  type ServiceRequest,
  startHttpService,
} from '../testing/http-service.ts';
import { createOpenbmcDriver, hostState } from './driver.ts';

const username = 'root';
const password = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(60_000);
const base = '/xyz/openbmc_project';

/** The REST service of one OpenBMC, from its documentation. */
function simulator() {
  const attributes = new Map<string, unknown>([
    [`${base}/state/host0/attr/CurrentHostState`, 'xyz.openbmc_project.State.Host.HostState.Off'],
  ]);
  const sessions = new Set<string>();
  let tokenIn: 'body' | 'cookie' = 'body';
  const setState = (state: string) =>
    attributes.set(
      `${base}/state/host0/attr/CurrentHostState`,
      `xyz.openbmc_project.State.Host.HostState.${state}`,
    );

  const logIn = (body: string): ServiceAnswer => {
    const given = JSON.parse(body);
    if (given.username !== username || given.password !== password) return { status: 401 };
    const token = randomBytes(8).toString('hex');
    sessions.add(token);
    return tokenIn === 'body'
      ? { body: { token } }
      : { headers: { 'set-cookie': `SESSION=${token}; Secure; HttpOnly` }, body: { status: 'ok' } };
  };
  return {
    attributes,
    sessions,
    setState,
    tokenBy: (place: typeof tokenIn) => {
      tokenIn = place;
    },
    handle({ method, path, headers, body }: ServiceRequest): ServiceAnswer | undefined {
      if (path === '/login') return logIn(body);
      const token = String(headers['x-auth-token'] ?? '');
      if (!sessions.has(token)) return { status: 401 };
      if (path === '/logout') {
        sessions.delete(token);
        return { body: { status: 'ok' } };
      }
      if (method === 'GET') return { body: { data: attributes.get(path) } };
      const { data } = JSON.parse(body);
      attributes.set(path, data);
      if (data === 'xyz.openbmc_project.State.Host.Transition.On') setState('Running');
      if (data === 'xyz.openbmc_project.State.Chassis.Transition.Off') setState('Off');
      return { body: { status: 'ok' } };
    },
  };
}

describe("power through OpenBMC's REST API", () => {
  let bmc: ReturnType<typeof simulator>;
  let service: HttpService;
  let driver: PowerDriver;
  const open = (secret = password) =>
    createOpenbmcDriver({
      ...{ address: service.address, username, password: secret, secret: {} },
      ...{ bootMode: 'UEFI', parameters: {} },
    });

  beforeEach(async () => {
    bmc = simulator();
    service = await startHttpService(bmc.handle);
    driver = open();
  });
  afterEach(async () => {
    await driver.close();
    await service.close();
  });

  it.each(['body', 'cookie'] as const)(
    'turns on and off in one session, whose token is in the %s',
    async (place) => {
      bmc.tokenBy(place);
      expect(await driver.status(signal)).toBe('Off');
      await driver.on(signal);
      expect(await driver.status(signal)).toBe('On');
      await driver.off(signal);
      expect(await driver.status(signal)).toBe('Off');
      expect(service.requests.filter(({ path }) => path === '/login')).toHaveLength(1);
    },
  );

  it('ends its session', async () => {
    await driver.status(signal);
    expect(bmc.sessions.size).toBe(1);
    await driver.close();
    expect(bmc.sessions.size).toBe(0);
  });

  it('opens a session anew that has ended, once', async () => {
    await driver.status(signal);
    bmc.sessions.clear();
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
  });

  it('asks a wrong password only once', async () => {
    const wrong = open('not it');
    await expect(wrong.status(signal)).rejects.toMatchObject({ code: 'BmcAuthenticationFailed' });
    expect(service.requests).toHaveLength(1);
    await wrong.close();
  });

  it.each([
    ['Network', 'Network'],
    ['Disk', 'Disk'],
  ] as const)('sets %s for one boot', async (device, source) => {
    await driver.setBootDevice(device, signal);
    const oneTime = `${base}/control/host0/boot/one_time/attr`;
    expect(bmc.attributes.get(`${oneTime}/BootSource`)).toBe(
      `xyz.openbmc_project.Control.Boot.Source.Sources.${source}`,
    );
    expect(bmc.attributes.get(`${oneTime}/Enabled`)).toBe(true);
  });

  it.each([
    ['xyz.openbmc_project.State.Host.HostState.Quiesced', 'On'],
    ['xyz.openbmc_project.State.Host.HostState.Standby', 'On'],
    ['xyz.openbmc_project.State.Host.HostState.TransitioningToOff', 'Unknown'],
    ['', 'Unknown'],
  ])('takes %s for %s', (value, expected) => {
    expect(hostState(value)).toBe(expected);
  });
});
