import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../log/logger.ts';
import type { PowerDriver, PowerTarget } from '../driver.ts';
import type { ServiceAnswer, ServiceRequest } from '../testing/http-service.ts';
import { selfSigned } from '../testing/self-signed.ts';
import { createLxdDriver } from './driver.ts';
import { enumerateLxd } from './enumerate.ts';

const signal = AbortSignal.timeout(60_000);
const [server, client, stranger] = [selfSigned(), selfSigned(), selfSigned()];

/** A server of LXD, from the documentation of its API. */
function simulator() {
  const instances = new Map(
    ['default/web-1', 'default/web-2', 'lab/db-1'].map((id) => [id, { status: 102, forced: false }]),
  );
  const token = randomBytes(16).toString('base64');
  const world = {
    ...{ instances, token, tokenKey: 'trust_token', failure: '' },
    trusted: new Set([client.fingerprint]),
    seen: [] as string[],
  };
  const sync = (metadata: unknown): ServiceAnswer => ({ body: { type: 'sync', status_code: 200, metadata } });
  const error = (status: number, text: string): ServiceAnswer => ({
    status,
    body: { type: 'error', error_code: status, error: text },
  });
  const operations = new Map<string, string>();

  const setState = (instance: { status: number; forced: boolean }, body: string): ServiceAnswer => {
    const { action, force } = JSON.parse(body);
    let failure = world.failure;
    const wanted = action === 'start' ? 103 : 102;
    if (failure === '' && instance.status === wanted) failure = 'The instance is already in that state';
    if (failure === '') Object.assign(instance, { status: wanted, forced: force === true });
    const id = randomBytes(8).toString('hex');
    operations.set(id, failure);
    return { status: 202, body: { type: 'async', operation: `/1.0/operations/${id}`, metadata: { id } } };
  };
  return Object.assign(world, {
    handle({ method, path, body }: ServiceRequest, fingerprint: string): ServiceAnswer {
      const url = new URL(path, 'https://lxd');
      world.seen.push(`${method} ${url.pathname}`);
      const isTrusted = world.trusted.has(fingerprint);
      if (url.pathname === '/1.0') {
        const extensions = world.tokenKey === 'trust_token' ? ['explicit_trust_token'] : [];
        return sync({ auth: isTrusted ? 'trusted' : 'untrusted', api_extensions: extensions });
      }
      if (method === 'POST' && url.pathname === '/1.0/certificates') {
        if (JSON.parse(body)[world.tokenKey] !== world.token) return error(403, 'not authorized');
        world.token = '';
        world.trusted.add(fingerprint);
        return sync({});
      }
      if (!isTrusted) return error(403, 'not authorized');
      const [, operation] = /^\/1\.0\/operations\/(\w+)\/wait$/.exec(url.pathname) ?? [];
      if (operation !== undefined) {
        const err = operations.get(operation) ?? '';
        return sync({ id: operation, status_code: err === '' ? 200 : 400, err });
      }
      const project = url.searchParams.get('project') ?? 'default';
      if (url.pathname === '/1.0/instances') {
        const all = url.searchParams.get('all-projects') === 'true';
        const list = [...instances].map(([id, { status }], index) => ({
          ...{ name: id.split('/')[1], project: id.split('/')[0], status_code: status },
          ...{ type: index === 1 ? 'container' : 'virtual-machine', architecture: 'x86_64' },
          expanded_config: {
            'volatile.uuid': `AAAAAAAA-0000-0000-0000-00000000000${index}`,
            'volatile.eth1.hwaddr': `00:16:3e:00:01:0${index}`,
            'volatile.eth0.hwaddr': `00:16:3e:00:00:0${index}`,
          },
        }));
        return sync(list.filter((one) => all || one.project === project));
      }
      const [, name] = /^\/1\.0\/instances\/([\w-]+)\/state$/.exec(url.pathname) ?? [];
      const instance = instances.get(`${project}/${name}`);
      if (instance === undefined) return error(404, 'Instance not found');
      return method === 'GET' ? sync({ status_code: instance.status }) : setState(instance, body);
    },
  });
}

describe('power of a virtual machine of LXD', () => {
  let lxd: ReturnType<typeof simulator>;
  let https: Server;
  let address: string;
  let instead: ServiceAnswer | undefined;
  const drivers: PowerDriver[] = [];
  const target = (changes: Partial<PowerTarget> = {}): PowerTarget => ({
    ...{ address, username: '', password: '', bootMode: 'UEFI', parameters: { instance: 'web-1' } },
    secret: { certificate: client.cert, key: client.key },
    tls: { fingerprint: server.fingerprint },
    ...changes,
  });
  const open = (changes: Partial<PowerTarget> = {}): PowerDriver => {
    const driver = createLxdDriver(target(changes));
    drivers.push(driver);
    return driver;
  };
  const failureOf = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

  beforeEach(async () => {
    lxd = simulator();
    instead = undefined;
    const options = { key: server.key, cert: server.cert, requestCert: true, rejectUnauthorized: false };
    https = createServer(options, async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming) body += String(chunk);
      const { socket, method = '', url = '', headers } = incoming;
      const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : undefined;
      const shown = peer?.replaceAll(':', '').toLowerCase() ?? '';
      const answer = instead ?? lxd.handle({ method, path: url, headers, body }, shown);
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    const bound = https.address();
    address = `https://127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`;
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    https.closeAllConnections();
    await new Promise((resolve) => https.close(resolve));
  });

  it('turns on and off, and no other machine with it', async () => {
    const driver = open();
    expect(await driver.status(signal)).toBe('Off');
    await driver.on(signal);
    expect(await driver.status(signal)).toBe('On');
    expect(lxd.instances.get('default/web-2')?.status).toBe(102);
    await driver.off(signal);
    expect(lxd.instances.get('default/web-1')).toEqual({ status: 102, forced: true });
    await driver.on(signal);
    await driver.softOff?.(signal);
    expect(lxd.instances.get('default/web-1')).toEqual({ status: 102, forced: false });
  });

  it('is found in its project, and only there', async () => {
    await open({ parameters: { instance: 'db-1', project: 'lab' } }).on(signal);
    expect(lxd.instances.get('lab/db-1')?.status).toBe(103);
    await expect(open({ parameters: { instance: 'db-1' } }).on(signal)).rejects.toMatchObject({
      code: 'BmcSystemNotFound',
      retryable: false,
    });
  });

  it('is as well when somebody else was faster', async () => {
    lxd.instances.get('default/web-1')!.status = 103;
    await open().on(signal);
  });

  it.each<[string, string, boolean]>([
    ['Instance is busy running a "stop" operation', 'BmcBusy', true],
    ['Failed to start device "eth0"', 'BmcUnsupported', false],
  ])('says what an operation ended with: %s', async (failure, code, retryable) => {
    lxd.failure = failure;
    const message = expect.stringContaining(failure);
    await expect(open().on(signal)).rejects.toMatchObject({ code, retryable, message });
  });

  it.each(['trust_token', 'password'])(
    'makes itself known with a token, once, to a server that takes it as %s',
    async (key) => {
      lxd.trusted.clear();
      lxd.tokenKey = key;
      const secret = { certificate: client.cert, key: client.key, trustToken: `${lxd.token}\n` };
      await open({ secret }).on(signal);
      await open({ secret }).off(signal);
      expect(lxd.seen.filter((asked) => asked === 'POST /1.0/certificates')).toHaveLength(1);
    },
  );

  it.each<[string, Record<string, string>]>([
    ['with no token', {}],
    ['with a token that was used', { trustToken: randomBytes(8).toString('hex') }],
  ])('is not shown to a stranger %s', async (_, more) => {
    const secret = { certificate: stranger.cert, key: stranger.key, ...more };
    const failure = await failureOf(open({ secret }).on(signal));
    expect(failure).toMatchObject({ code: 'BmcAuthenticationFailed', retryable: false });
    for (const text of Object.values(more)) expect(String(failure)).not.toContain(text);
    expect(lxd.instances.get('default/web-1')?.status).toBe(102);
  });

  it.each<[string, Record<string, string>]>([
    ['is none', { certificate: 'x', key: 'y' }],
    ['belongs to another key', { certificate: client.cert, key: stranger.key }],
  ])('refuses a certificate that %s', (_, secret) => {
    expect(() => open({ secret })).toThrow(expect.objectContaining({ code: 'BmcAuthenticationFailed' }));
  });

  it('is not spoken about with a server that is not the one', async () => {
    const driver = open({ tls: { fingerprint: '0'.repeat(64) } });
    await expect(driver.status(signal)).rejects.toMatchObject({ code: 'BmcTlsFailed' });
    expect(lxd.seen).toEqual([]);
  });

  it.each<[string, ServiceAnswer, string, boolean]>([
    ['is starting', { status: 503 }, 'BmcBusy', true],
    ['answers with no JSON', { body: '<html>' }, 'BmcProtocolError', false],
    ['is something else', { body: { metadata: 1 } }, 'BmcProtocolError', false],
  ])('names a server that %s', async (_, answer, code, retryable) => {
    instead = answer;
    await expect(open().status(signal)).rejects.toMatchObject({ code, retryable });
  });

  it('follows no operation that leads elsewhere', async () => {
    const driver = open();
    await driver.status(signal);
    instead = { status: 202, body: { type: 'async', operation: '//evil.example/1.0/operations/1' } };
    await expect(driver.on(signal)).rejects.toMatchObject({ code: 'BmcProtocolError' });
  });

  it('lists the virtual machines of all projects, or of one', async () => {
    const all = await enumerateLxd(target({ parameters: {} }), { log: silentLogger }, signal);
    expect(all.map(({ name }) => name)).toEqual(['web-1', 'lab/db-1']);
    expect(all[1]).toEqual({
      ...{ name: 'lab/db-1', parameters: { instance: 'db-1', project: 'lab' } },
      macAddresses: ['00:16:3e:00:00:02', '00:16:3e:00:01:02'],
      systemUuid: 'aaaaaaaa-0000-0000-0000-000000000002',
      ...{ architecture: 'amd64', powerState: 'Off' },
    });
    const one = await enumerateLxd(target({ parameters: { project: 'lab' } }), { log: silentLogger }, signal);
    expect(one).toEqual([all[1]]);
  });
});
