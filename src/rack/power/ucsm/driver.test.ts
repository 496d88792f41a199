import { randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import { type HttpService, startHttpService } from '../testing/http-service.ts';
import { createUcsmSimulator, refusal } from '../testing/ucsm-simulator.ts';
import { createUcsmDriver, stateOf } from './driver.ts';
import { enumerateUcsm } from './enumerate.ts';

const username = 'ucs-corp\\rack';
// What has to be escaped is part of it.
const password = `<"&'${randomBytes(9).toString('hex')}`;
const signal = AbortSignal.timeout(60_000);

describe('power through Cisco UCS Manager', () => {
  let ucs: ReturnType<typeof createUcsmSimulator>;
  let service: HttpService;
  const drivers: PowerDriver[] = [];
  const targetFor = (uuid: string, changes: Partial<PowerTarget> = {}): PowerTarget => ({
    ...{ address: service.address, username, password, secret: {}, bootMode: 'UEFI', parameters: { uuid } },
    ...changes,
  });
  const driverFor = (uuid: string, changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createUcsmDriver(targetFor(uuid, changes));
    drivers.push(driver);
    return driver;
  };
  const uuidOf = (nth: number): string => ucs.servers[nth]?.uuid ?? '';
  const asked = () => service.requests.map(({ body }) => /<(\w+)/.exec(body.replace(/<\?.*\?>/, ''))?.[1]);

  beforeEach(async () => {
    ucs = createUcsmSimulator({ username, password });
    service = await startHttpService(ucs.handle);
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  it.each([
    ['blade', 0, 'org-root/ls-web/power'],
    ['rack server', 2, 'org-root/org-eu/ls-db/power'],
  ])('switches a %s by its service profile, in one session that it ends', async (_, nth, dn) => {
    const driver = driverFor(uuidOf(nth).toUpperCase());
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    await driver.softOff?.(signal);
    await driver.off(signal);
    expect(await driver.status(signal)).toBe('Off');
    expect(ucs.orders).toEqual([`${dn} admin-up`, `${dn} soft-shut-down-only`, `${dn} admin-down`]);
    expect(asked().filter((name) => name === 'aaaLogin')).toHaveLength(1);
    await driver.close();
    expect(ucs.cookies.size).toBe(0);
  });

  it('opens a session anew that has ended, once', async () => {
    const driver = driverFor(uuidOf(0));
    await driver.status(signal);
    ucs.cookies.clear();
    await driver.on(signal);
    expect(ucs.orders).toHaveLength(1);
    expect(asked().filter((name) => name === 'aaaLogin')).toHaveLength(2);
  });

  it('does not go on for ever with sessions that end at once', async () => {
    ucs.faults.answer = (name) =>
      name === 'configResolveClass'
        ? { body: refusal(name, '552', 'Authorization required').xml }
        : undefined;
    await expect(driverFor(uuidOf(0)).status(signal)).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
    });
    expect(service.requests.length).toBeLessThan(5);
  });

  it('asks a wrong password only once, and never repeats it', async () => {
    const wrong = randomBytes(9).toString('hex');
    const status = driverFor(uuidOf(0), { password: wrong }).status(signal);
    await expect(status).rejects.toMatchObject({
      code: 'BmcAuthenticationFailed',
      retryable: false,
      message: expect.not.stringContaining(wrong),
    });
    expect(service.requests).toHaveLength(1);
  });

  it('names a server that is not there', async () => {
    const uuid = randomUUID();
    await expect(driverFor(uuid).status(signal)).rejects.toMatchObject({
      code: 'BmcSystemNotFound',
      message: expect.stringContaining(uuid),
    });
  });

  it('tells the state of a server without a service profile, and why it cannot be switched', async () => {
    const driver = driverFor(uuidOf(1));
    expect(await driver.status(signal)).toBe('Off');
    await expect(driver.on(signal)).rejects.toMatchObject({
      code: 'BmcUnsupported',
      message: expect.stringContaining('service profile'),
    });
  });

  it('takes no free session for busy', async () => {
    ucs.faults.maxSessions = 0;
    await expect(driverFor(uuidOf(0)).status(signal)).rejects.toMatchObject({
      code: 'BmcBusy',
      retryable: true,
    });
  });

  it.each<[string, () => { status?: number; body?: unknown }, string]>([
    ['no XML', () => ({ body: 'Service temporarily unavailable' }), 'BmcProtocolError'],
    [
      'half an answer',
      () => ({ body: '<configResolveClass response="yes"><outConfigs>' }),
      'BmcProtocolError',
    ],
    ['the answer to something else', () => ({ body: '<aaaKeepAlive response="yes"/>' }), 'BmcProtocolError'],
    ['a document type', () => ({ body: '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>' }), 'BmcProtocolError'],
    ['an error of the server', () => ({ status: 503 }), 'BmcBusy'],
    ['a redirection', () => ({ status: 302 }), 'BmcProtocolError'],
    [
      'a lack of rights',
      () => ({ body: refusal('configResolveClass', '170', 'no privilege').xml }),
      'BmcPrivilegeTooLow',
    ],
    [
      'an error nobody knows',
      () => ({ body: refusal('configResolveClass', '999', '').xml }),
      'BmcProtocolError',
    ],
  ])('takes %s for what it is', async (_, answer, code) => {
    ucs.faults.answer = (name) => (name === 'configResolveClass' ? answer() : undefined);
    await expect(driverFor(uuidOf(0)).status(signal)).rejects.toMatchObject({ code });
  });

  it('stops asking when it is told to, also while an answer does not come', async () => {
    ucs.faults.answer = () => ({ delayMs: 30_000 });
    const stop = new AbortController();
    const status = driverFor(uuidOf(0)).status(stop.signal);
    await expect.poll(() => service.requests.length).toBe(1);
    stop.abort(new Error('enough'));
    await expect(status).rejects.toThrow('enough');
  });

  it.each([
    ['on', 'On'],
    ['off', 'Off'],
    ['degraded', 'Unknown'],
    [undefined, 'Unknown'],
  ] as const)('takes operPower %s for %s', (operPower, state) => {
    expect(stateOf(operPower)).toBe(state);
  });

  it('lists all servers with the MAC addresses of their interfaces, and ends its session', async () => {
    const [first] = ucs.servers;
    if (first !== undefined) first.operPower = 'on';
    const nodes = await enumerateUcsm(
      targetFor(uuidOf(0), { parameters: {} }),
      { log: silentLogger },
      signal,
    );
    expect(nodes.map(({ name, powerState, macAddresses }) => ({ name, powerState, macAddresses }))).toEqual([
      {
        name: 'chassis-1/blade-1',
        powerState: 'On',
        macAddresses: ['00:25:b5:00:00:1a', '00:25:b5:00:00:1b'],
      },
      { name: 'chassis-1/blade-2', powerState: 'Off', macAddresses: [] },
      { name: 'rack-unit-1', powerState: 'Off', macAddresses: ['00:25:b5:00:00:2a'] },
    ]);
    expect(nodes.map(({ parameters, systemUuid }) => [parameters.uuid, systemUuid])).toEqual(
      ucs.servers.map(({ uuid }) => [uuid, uuid]),
    );
    expect(ucs.cookies.size).toBe(0);
  });

  it('takes a server from the list and switches it', async () => {
    const [node] = await enumerateUcsm(
      targetFor(uuidOf(0), { parameters: {} }),
      { log: silentLogger },
      signal,
    );
    await driverFor('', { parameters: { ...node?.parameters } }).on(signal);
    expect(ucs.servers[0]?.operPower).toBe('on');
  });
});
