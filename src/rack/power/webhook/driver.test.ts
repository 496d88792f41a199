import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { type HttpService, startHttpService } from '../testing/http-service.ts';
import { createWebhookDriver, stateIn } from './driver.ts';

const token = randomBytes(16).toString('hex');
const signal = AbortSignal.timeout(60_000);
const parameters = { onPath: '/power/7?state=on', offPath: '/power/7?state=off', queryPath: '/power/7' };

describe('power by webhook', () => {
  let service: HttpService;
  let status: string;
  let refuse: number | undefined;
  const drivers: PowerDriver[] = [];

  beforeEach(async () => {
    status = 'stopped';
    refuse = undefined;
    service = await startHttpService(({ method, path }) => {
      if (refuse !== undefined) return { status: refuse };
      if (method === 'POST') status = path.endsWith('=on') ? 'running' : 'stopped';
      return { body: { status } };
    });
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  function driverFor(changes: Partial<PowerTarget> = {}): PowerDriver {
    const driver = createWebhookDriver({
      ...{ address: service.address, username: '', password: '', secret: {}, bootMode: 'UEFI', parameters },
      ...changes,
    });
    drivers.push(driver);
    return driver;
  }

  it('turns on and off by POST, and sees it', async () => {
    const driver = driverFor();
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /power/7',
      'POST /power/7?state=on',
      'GET /power/7',
      'POST /power/7?state=off',
      'GET /power/7',
    ]);
  });

  it.each<[string, Partial<PowerTarget>, string | undefined]>([
    ['nothing', {}, undefined],
    ['a token', { secret: { token } }, `Bearer ${token}`],
    ['a user and a password', { username: 'u', password: 'p' }, `Basic ${btoa('u:p')}`],
  ])('shows %s', async (_, changes, expected) => {
    await driverFor(changes).status(signal);
    expect(service.requests[0]?.headers.authorization).toBe(expected);
  });

  it.each([
    [401, 'BmcAuthenticationFailed', false],
    [404, 'BmcUnsupported', false],
    [302, 'BmcProtocolError', false],
    [503, 'BmcBusy', true],
  ])('names what is wrong behind HTTP %i', async (code, expected, retryable) => {
    refuse = code;
    await expect(driverFor().on(signal)).rejects.toMatchObject({ code: expected, retryable });
  });

  it('refuses a pattern that is none', () => {
    expect(() => driverFor({ parameters: { ...parameters, onPattern: '(' } })).toThrow('onPattern');
  });

  it('knows no state where both patterns are found, or neither', () => {
    const patterns = { On: /on/u, Off: /off/u };
    expect(['on', 'off', 'on off', ''].map((text) => stateIn(text, patterns))).toEqual([
      'On',
      'Off',
      'Unknown',
      'Unknown',
    ]);
    fc.assert(fc.property(fc.string(), (text) => ['On', 'Off', 'Unknown'].includes(stateIn(text, patterns))));
  });
});
