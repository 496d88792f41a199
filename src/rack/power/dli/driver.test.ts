import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PowerDriver } from '../driver.ts';
import { basicAuthorization } from '../http/client.ts';
import { digestGuard } from '../testing/digest-guard.ts';
import {
  type HttpService,
  type ServiceAnswer,
  type ServiceRequest,
  startHttpService,
} from '../testing/http-service.ts';
import { createDliDriver } from './driver.ts';
import { outletBits } from './page.ts';

const username = 'admin';
const password = randomBytes(12).toString('hex');
const signal = AbortSignal.timeout(60_000);

/** A switch with eight outlets and both APIs, from Digital Loggers' pages. */
function simulator() {
  const outlets = Array.from({ length: 8 }, () => ({ on: false, locked: false }));
  const guard = digestGuard({ username, password });
  const bits = (test: (outlet: (typeof outlets)[number]) => boolean): string =>
    outlets
      .reduce((sum, outlet, index) => sum + (test(outlet) ? 2 ** index : 0), 0)
      .toString(16)
      .padStart(2, '0');

  const rest = (request: ServiceRequest): ServiceAnswer | undefined => {
    const refusal = guard.refuse(request);
    if (refusal !== undefined) return refusal;
    const [, index, leaf] =
      /^\/restapi\/relay\/outlets\/(\d+)\/(physical_state|state)\/$/.exec(request.path) ?? [];
    const outlet = outlets[Number(index)];
    if (outlet === undefined) return undefined;
    if (request.method === 'GET') return { body: leaf === 'state' ? true : outlet.on };
    if (request.headers['x-csrf'] === undefined) return { status: 403 };
    if (outlet.locked) return { status: 409 };
    outlet.on = new URLSearchParams(request.body).get('value') === 'true';
    return { status: 204 };
  };
  const page = ({ path, headers }: ServiceRequest): ServiceAnswer | undefined => {
    if (headers.authorization !== basicAuthorization(username, password)) return { status: 401 };
    if (path === '/status') {
      const state = `<!-- state=${bits(({ on }) => on)} lock=${bits(({ locked }) => locked)} -->`;
      return { body: `<html><body>\n${state}\n</body></html>` };
    }
    const [, number, state] = /^\/outlet\?(\d)=(ON|OFF|CCL)$/.exec(path) ?? [];
    const outlet = outlets[Number(number) - 1];
    if (outlet === undefined) return undefined;
    if (!outlet.locked) outlet.on = state === 'ON';
    return { body: '<meta http-equiv="refresh" content="0; url=/index.htm">' };
  };
  return {
    outlets,
    guard,
    handle: (request: ServiceRequest) =>
      request.path.startsWith('/restapi/') ? rest(request) : page(request),
  };
}

describe('power by an outlet of Digital Loggers', () => {
  let device: ReturnType<typeof simulator>;
  let service: HttpService;
  let instead: ServiceAnswer | undefined;
  const drivers: PowerDriver[] = [];
  const open = (api: string, outlet = '3', secret = password): PowerDriver => {
    const driver = createDliDriver({
      ...{ address: service.address, username, password: secret, secret: {} },
      ...{ bootMode: 'UEFI', parameters: { outlet, api } },
    });
    drivers.push(driver);
    return driver;
  };

  beforeEach(async () => {
    device = simulator();
    instead = undefined;
    service = await startHttpService((request) => instead ?? device.handle(request));
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  describe.each(['Rest', 'Page'])('through its API "%s"', (api) => {
    it('is switched, and no other outlet with it', async () => {
      const driver = open(api);
      expect(await driver.status(signal)).toBe('Off');
      await driver.on(signal);
      expect(await driver.status(signal)).toBe('On');
      expect(device.outlets.map(({ on }) => on)).toEqual([
        ...[false, false, true],
        ...[false, false, false, false, false],
      ]);
      await driver.off(signal);
      expect(await driver.status(signal)).toBe('Off');
    });

    it('shows a wrong password once', async () => {
      const failure = await open(api, '3', 'not it')
        .on(signal)
        .catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: 'BmcAuthenticationFailed', retryable: false });
      const shown = service.requests.filter(({ headers }) => headers.authorization !== undefined);
      expect(shown).toHaveLength(1);
      expect(device.outlets.some(({ on }) => on)).toBe(false);
    });

    it('says no to an outlet that is locked', async () => {
      device.outlets[2]!.locked = true;
      const failure = await open(api)
        .on(signal)
        .catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: api === 'Rest' ? 'BmcBusy' : 'BmcUnsupported' });
    });

    it.each<[string, ServiceAnswer, string, boolean]>([
      ['is restarting', { status: 503 }, 'BmcBusy', true],
      ['answers with garbage', { body: '\u0000<<<' }, 'BmcProtocolError', false],
      ['answers with nothing', {}, 'BmcProtocolError', false],
      [
        'sends elsewhere',
        { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
        'BmcProtocolError',
        false,
      ],
    ])('names a switch that %s', async (_, answer, code, retryable) => {
      instead = answer;
      await expect(open(api).status(signal)).rejects.toMatchObject({ code, retryable });
    });
  });

  it('knows no outlet that the REST API does not have', async () => {
    await expect(open('Rest', '9').status(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
  });

  it('never shows the password to a switch that wants it in the clear instead of a digest', async () => {
    instead = { status: 401, headers: { 'www-authenticate': 'Basic realm="switch"' } };
    const failure = await open('Rest')
      .on(signal)
      .catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'BmcAuthenticationFailed' });
    expect(service.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
    expect(String(failure)).not.toContain(password);
  });

  it.each([
    ['<!-- state=81 lock=10 -->', { on: 0x81, locked: 0x10 }],
    ['<div id="state">05</div><div id="lock">00</div>', { on: 5, locked: 0 }],
    ['<!-- state=ff -->', { on: 255, locked: 0 }],
    ['<p>state=81</p>', undefined],
    ['', undefined],
  ])('reads the bits of %s', (page, expected) => {
    expect(outletBits(page)).toEqual(expected);
  });

  it('reads any page without a throw', () => {
    fc.assert(fc.property(fc.string(), (page) => void outletBits(`<!--${page} state=${page}`)));
  });
});
