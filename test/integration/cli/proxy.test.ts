import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildMw } from '../../../images/mw/build.ts';
import { selfSigned } from '../../../src/rack/power/testing/self-signed.ts';
import { type Setting, startSetting } from '../controllers/setting.ts';
import { type Ended, startMw } from './program.ts';

const password = randomBytes(12).toString('hex');

/** All names are of this computer: who asks has to come through here. */
function connectProxy(asked: string[]): Server {
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, socket, head) => {
    asked.push(request.url ?? '');
    const expected = `Basic ${Buffer.from(`ann:${password}`).toString('base64')}`;
    if (request.headers['proxy-authorization'] !== expected) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const port = Number(request.url?.split(':').at(-1));
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward])
      end.on('error', () => {
        socket.destroy();
        onward.destroy();
      });
  });
  return server;
}

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return (address as AddressInfo).port;
};

describe('mw behind a proxy', () => {
  const asked: string[] = [];
  const proxy = connectProxy(asked);
  const certificate = selfSigned(['metalwright.example']);
  const rest = createTlsServer({ key: certificate.key, cert: certificate.cert }, (request, response) => {
    const body = request.headers.authorization === `Bearer ${password}` ? { items: [], total: 0 } : {};
    response.end(JSON.stringify(body));
  });
  rest.on('upgrade', (_request, socket) => {
    const body = JSON.stringify({ code: 'NotFound', detail: 'there is no such machine' });
    socket.end(
      `HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
  let setting: Setting;
  let directory: string;
  let program: string;
  let kubeconfig: string;
  let apiPort: string;
  let proxyUrl: string;
  let server: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metalwright-mw-proxy-'));
    program = await buildMw(join(directory, 'mw'));
    setting = await startSetting();
    proxyUrl = `http://ann:${password}@127.0.0.1:${await listen(proxy)}`;
    server = `https://metalwright.example:${await listen(rest)}`;
    kubeconfig = withCluster({});
    writeFileSync(join(directory, 'ca'), certificate.cert);
    writeFileSync(join(directory, 'token'), password);
  }, 120_000);
  afterAll(async () => {
    for (const one of [proxy, rest]) {
      one.closeAllConnections();
      one.close();
    }
    await setting?.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  beforeEach(() => void asked.splice(0));

  /** The API server under a name that only the proxy knows, and that is in its certificate. */
  function withCluster(more: object): string {
    const config = parse(readFileSync(setting.kubeconfigPath, 'utf8'));
    const { cluster } = config.clusters[0];
    apiPort = new URL(cluster.server).port;
    Object.assign(cluster, { server: `https://kubernetes.default.svc:${apiPort}`, ...more });
    const path = join(directory, `kubeconfig-${Object.keys(more).length}`);
    writeFileSync(path, JSON.stringify(config));
    return path;
  }
  const mw = (line: string, env: Record<string, string>, path = kubeconfig): Promise<Ended> =>
    startMw(program, path, line.split(' '), '', env).ended;
  const toServer = (): string =>
    `--server ${server} --server-ca ${join(directory, 'ca')} --token-file ${join(directory, 'token')}`;

  it('asks the API server through it, with its own authority and certificate', async () => {
    expect(await mw('machine list', { HTTPS_PROXY: proxyUrl })).toMatchObject({
      ...{ code: 0, err: 'No machines found.\n' },
    });
    expect(new Set(asked)).toEqual(new Set([`kubernetes.default.svc:${apiPort}`]));
    expect(await mw('machine list', { https_proxy: proxyUrl })).toMatchObject({ code: 0 });
  });

  it('leaves it out for what NO_PROXY names', async () => {
    const { code } = await mw('machine list', { HTTPS_PROXY: proxyUrl, NO_PROXY: '.default.svc' });
    expect(code).toBe(1);
    expect(asked).toEqual([]);
  });

  it('takes the one of the kubeconfig before that of the environment', async () => {
    const path = withCluster({ 'proxy-url': proxyUrl });
    expect(await mw('machine list', { HTTPS_PROXY: 'http://127.0.0.1:1' }, path)).toMatchObject({ code: 0 });
  });

  it('asks the REST API and its consoles through it', async () => {
    expect(await mw(`machine history r1 ${toServer()}`, { HTTPS_PROXY: proxyUrl })).toMatchObject({
      ...{ code: 0, err: 'No history found.\n' },
    });
    expect(await mw(`console r1 --watch ${toServer()}`, { HTTPS_PROXY: proxyUrl })).toMatchObject({
      ...{ code: 3, err: expect.stringContaining('there is no such machine') },
    });
    expect(asked).toEqual([server.slice(8), server.slice(8)]);
  });

  it('says what is wrong with it, and never its password', async () => {
    const words = `machine history r1 ${toServer()}`;
    const wrong = await mw(words, { HTTPS_PROXY: proxyUrl.replace('ann', 'bob') });
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('407') });
    const none = await mw(words, { HTTPS_PROXY: `socks5://ann:${password}@127.0.0.1` });
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('HTTPS_PROXY is no URL of a proxy') });
    expect(wrong.err + none.err).not.toContain(password);
  });
});
