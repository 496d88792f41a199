import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import {
  type HttpService,
  type ServiceAnswer,
  type ServiceRequest,
  startHttpService,
} from '../testing/http-service.ts';
import { startIpmiSimulator } from '../testing/ipmi-simulator.ts';
import { createSm15kDriver, enumerateSm15k, type Sm15kDeps } from './driver.ts';

const username = 'admin';
const password = randomBytes(8).toString('hex');
const signal = AbortSignal.timeout(60_000);

/** A chassis with both versions of its API, from the calls of the programs that use them. */
function simulator() {
  const servers = new Map<string, { active: boolean; order: string; last: string }>(
    ['0/0', '12/0'].map((id) => [id, { active: false, order: 'hd0', last: '' }]),
  );
  const tokens = new Set<string>();
  const newToken = (): string => {
    const token = `OpaqueRef:${randomBytes(8).toString('hex')}`;
    tokens.add(token);
    return token;
  };

  const version2 = ({ method, body }: ServiceRequest, url: URL): ServiceAnswer | undefined => {
    const path = url.pathname.slice('/v2.0/'.length);
    const given = body === '' ? {} : JSON.parse(body);
    if (path === 'login') {
      const right = given.username === username && given.password === password;
      return right ? { body: JSON.stringify(newToken()) } : { status: 401 };
    }
    if (!tokens.has(given.authtoken ?? url.searchParams.get('authtoken'))) return { status: 401 };
    if (path === 'servers') {
      const list = [...servers].map(([id, { active }]) => [
        id,
        {
          active,
          nic: { '1': { macAddr: '00:22:99:00:00:02' }, '0': { macAddr: '00:22:99:00:00:01' } },
        },
      ]);
      return { body: { ...Object.fromEntries(list), '3/1': {} } };
    }
    const server = servers.get(path.slice('servers/'.length));
    if (server === undefined) return undefined;
    if (method === 'GET') return { body: { id: path, active: server.active } };
    const { authtoken: _, ...action } = given;
    server.last = JSON.stringify(action);
    if (action.action === 'power-on') server.active = true;
    if (action.action === 'power-off') server.active = false;
    if (action.action === 'set-bios-boot-order') server.order = action['boot-order'];
    return {};
  };
  const version09 = ({ method }: ServiceRequest, url: URL): ServiceAnswer => {
    const say = (code: number, result?: unknown): ServiceAnswer => ({
      body: { error: { code: String(code) }, result: result ?? null },
    });
    const path = url.pathname.slice('/v0.9/'.length);
    const query = url.search.slice(1).split('&').map(decodeURIComponent);
    if (path === 'login') return query.join() === `${username},${password}` ? say(200, newToken()) : say(401);
    const token = query.at(-1) ?? '';
    if (!tokens.has(token)) return say(401);
    if (path === 'logout') {
      tokens.delete(token);
      return say(200);
    }
    const ids = [...servers.keys()];
    if (path === 'servers') return say(200, { serverId: Object.fromEntries(ids.entries()) });
    const server = servers.get(ids[Number(path.slice('servers/'.length))] ?? '');
    if (server === undefined) return say(404);
    if (method === 'GET') return say(200, { active: server.active });
    server.last = query.slice(0, -1).join(' ');
    server.active = query[0] === 'action=Power-On';
    return say(202);
  };
  return {
    ...{ servers, tokens },
    handle(request: ServiceRequest): ServiceAnswer | undefined {
      const url = new URL(request.path, 'http://chassis');
      if (url.pathname.startsWith('/v2.0/')) return version2(request, url);
      return url.pathname.startsWith('/v0.9/') ? version09(request, url) : undefined;
    },
  };
}

describe('power of a server of a SeaMicro chassis', () => {
  let chassis: ReturnType<typeof simulator>;
  let service: HttpService;
  let instead: ServiceAnswer | undefined;
  const drivers: PowerDriver[] = [];
  const target = (control: string, changes: Partial<PowerTarget> = {}): PowerTarget => ({
    ...{ address: service.address, username, password, secret: {}, bootMode: 'UEFI' },
    parameters: { server: '12', control },
    ...changes,
  });
  const open = (
    control: string,
    changes: Partial<PowerTarget> = {},
    deps: Partial<Sm15kDeps> = {},
  ): PowerDriver => {
    const driver = createSm15kDriver(target(control, changes), { log: silentLogger, ...deps });
    drivers.push(driver);
    return driver;
  };
  const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

  beforeEach(async () => {
    chassis = simulator();
    instead = undefined;
    service = await startHttpService((request) => instead ?? chassis.handle(request));
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await service.close();
  });

  describe.each(['Rest2', 'Rest09'])('by %s', (control) => {
    it('is switched in one session, and no other server with it', async () => {
      const driver = open(control);
      expect(await driver.status(signal)).toBe('Off');
      await driver.on(signal);
      expect(await driver.status(signal)).toBe('On');
      expect(chassis.servers.get('0/0')?.active).toBe(false);
      await driver.off(signal);
      expect(chassis.servers.get('12/0')?.last).toMatch(/force.*true/);
      await driver.softOff?.(signal);
      expect(chassis.servers.get('12/0')?.last).not.toMatch(/force.*true/);
      expect(await driver.status(signal)).toBe('Off');
      expect(service.requests.filter(({ path }) => path.includes('/login'))).toHaveLength(1);
    });

    it('asks a wrong password only once, and shows neither it nor a token', async () => {
      const failure = await failureOf(open(control, { password: 'not-the-one' }).on(signal));
      expect(failure).toMatchObject({ code: 'BmcAuthenticationFailed', retryable: false });
      expect(service.requests).toHaveLength(1);
      expect(String(failure)).not.toContain('not-the-one');
      const driver = open(control);
      await driver.status(signal);
      instead = { status: 418 };
      expect(String(await failureOf(driver.status(signal)))).not.toContain('OpaqueRef');
    });

    it('is named when the chassis has no such server', async () => {
      const driver = open(control, { parameters: { server: '63', control } });
      await expect(driver.on(signal)).rejects.toMatchObject({ code: 'BmcSystemNotFound' });
    });

    it.each<[string, ServiceAnswer, string, boolean]>([
      ['is busy', { status: 503 }, 'BmcBusy', true],
      ['answers with no JSON', { body: '<html>' }, 'BmcProtocolError', false],
      ['answers with something else', { body: [1] }, 'BmcProtocolError', false],
    ])('names a chassis that %s', async (_, answer, code, retryable) => {
      instead = answer;
      await expect(open(control).status(signal)).rejects.toMatchObject({ code, retryable });
    });
  });

  it('logs in anew when the token has run out, once', async () => {
    const driver = open('Rest2');
    await driver.status(signal);
    chassis.tokens.clear();
    await driver.on(signal);
    expect(chassis.servers.get('12/0')?.active).toBe(true);
    expect(service.requests.filter(({ path }) => path.endsWith('/login'))).toHaveLength(2);
  });

  it('logs in anew when somebody else has taken the one session of version 0.9, once', async () => {
    const driver = open('Rest09');
    await driver.status(signal);
    chassis.tokens.clear();
    await driver.on(signal);
    expect(chassis.servers.get('12/0')?.active).toBe(true);
    expect(service.requests.filter(({ path }) => path.includes('/login'))).toHaveLength(2);
  });

  it('gives the one session of version 0.9 back', async () => {
    const driver = open('Rest09');
    await driver.on(signal);
    expect(chassis.tokens.size).toBe(1);
    await driver.close();
    expect(chassis.tokens.size).toBe(0);
  });

  it('knows no state where version 0.9 tells none', async () => {
    const driver = open('Rest09');
    await driver.status(signal);
    instead = { body: { error: { code: '200' }, result: { serverId: '12/0' } } };
    expect(await driver.status(signal)).toBe('Unknown');
  });

  it.each([
    ['Network', 'pxe,hd0'],
    ['Disk', 'hd0'],
  ] as const)('boots from %s', async (device, order) => {
    await open('Rest2').setBootDevice(device, signal);
    expect(chassis.servers.get('12/0')?.order).toBe(order);
  });

  it("is switched by SeaMicro's own IPMI command, and looked at by REST", async () => {
    const bmc = await startIpmiSimulator({ [username]: password });
    const driver = open('Ipmi', {}, { ipmiPort: bmc.port });
    try {
      await driver.on(signal);
      await driver.off(signal);
      expect(bmc.commands.filter((command) => command.startsWith('46/1'))).toEqual([
        '46/1 007dab01000c',
        '46/1 007dab06000c',
      ]);
      expect(await driver.status(signal)).toBe('Off');
      await driver.close();
      expect(bmc.openSessions()).toBe(0);
    } finally {
      await bmc.close();
    }
  });

  it('lists its servers, the interface that boots first', async () => {
    const nodes = await enumerateSm15k(target('Ipmi'), { log: silentLogger }, signal);
    expect(nodes).toEqual(
      ['0', '12'].map((server) => ({
        ...{ name: `server-${server}`, parameters: { server, control: 'Ipmi' } },
        macAddresses: ['00:22:99:00:00:01', '00:22:99:00:00:02'],
        ...{ architecture: 'amd64', powerState: 'Off' },
      })),
    );
  });
});
