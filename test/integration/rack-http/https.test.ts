import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { connect as connectPlain, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Secret, secrets } from '../../../src/kube/core-resources.ts';
import { createMemoryClient } from '../../../src/kube/memory-client.ts';
import { silentLogger } from '../../../src/log/logger.ts';
import { createCertificateWatch } from '../../../src/rack/http-boot/certificate/certificate-watch.ts';
import {
  makeCertificate,
  type TestCertificate,
} from '../../../src/rack/http-boot/certificate/test-certificates.ts';
import type { RackHttpServerDeps } from '../../../src/rack/http-boot/server.ts';
import { createHttpServices, type HttpServices } from '../../../src/rack/http-boot/services.ts';
import { createSupervisor } from '../../../src/rack/supervisor.ts';
import { aSubnet } from '../../fixtures/objects.ts';
import { startRack, type TestRack } from './rack.ts';

const run = promisify(execFile);
const address = '127.0.0.1';
const bytes = randomBytes(3_000_000);

let rack: TestRack;
let services: HttpServices;
let first: TestCertificate;
let second: TestCertificate;
const ports = { http: 0, https: 0 };
const client = createMemoryClient();
const certificates = createCertificateWatch({
  ...{ client, namespace: 'system', secretName: 'tls', log: silentLogger, intervalMs: 50 },
  clock: { now: () => Date.now() },
});
let digest: string;

async function put({ cert, key }: TestCertificate): Promise<void> {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const secret: Secret = {
    ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'tls', namespace: 'system' } },
    ...{ type: 'kubernetes.io/tls', data: { 'tls.crt': encode(cert), 'tls.key': encode(key) } },
  };
  await client.apply(secrets, secret, { fieldManager: 'cert-manager', force: true });
}

/** Ports that nobody has at the moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const taken = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof taken === 'object' && taken !== null ? taken.port : 0;
}

const supervisor = () =>
  createSupervisor({
    services: services.services,
    attachments: () => [
      {
        vlan: 'v',
        interface: { name: 'lo', mac: '00:00:00:00:00:00', addresses: [] },
        subnets: [{ address, subnet: aSubnet() }],
      },
    ],
    disabled: () => [],
    log: silentLogger,
    intervalMs: 50,
  });
let supervised: ReturnType<typeof supervisor>;

beforeAll(async () => {
  rack = await startRack();
  digest = await rack.addImage(bytes);
  [first, second] = await Promise.all([
    makeCertificate('IP:127.0.0.1'),
    makeCertificate('IP:127.0.0.1,DNS:renewed'),
  ]);
  for (const [name, { cert }] of Object.entries({ first, second }))
    await writeFile(join(rack.directory, name), cert);
  ports.http = await freePort();
  ports.https = await freePort();
  const server: Omit<RackHttpServerDeps, 'tls'> = {
    ...{ machines: rack.machines, images: rack.images, tokens: rack.tokens, sightings: rack.sightings },
    loaders: { files: new Map([['snponly.efi', Buffer.from('MZ loader')]]) },
    ...{ clock: { now: () => Date.now() }, log: silentLogger, limits: { handshakeMs: 3_000 } },
  };
  const https = { port: ports.https, certificates, boot: true };
  services = createHttpServices({ server, httpPort: ports.http, https });
  supervised = supervisor();
  certificates.start();
  await supervised.start();
});

afterAll(async () => {
  await supervised.stop();
  await services.close();
  await certificates.stop();
  await rack.stop();
});

const states = () =>
  Object.fromEntries(services.describe(supervised.states()).map((state) => [state.name, state]));

async function curl(ca: string, path: string, ...options: string[]): Promise<Buffer> {
  const url = `https://${address}:${ports.https}${path}`;
  const { stdout } = await run('curl', ['-sf', '--cacert', join(rack.directory, ca), ...options, url], {
    encoding: 'buffer',
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

function open(): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connectTls({ host: address, port: ports.https, rejectUnauthorized: false }, () =>
    resolve(socket),
  );
  socket.on('error', reject);
  return promise;
}

describe('HTTPS', () => {
  it('is a named failure without its Secret, and HTTP serves', async () => {
    expect(states().Https).toMatchObject({ state: 'Failed', reason: 'CertificateMissing' });
    expect(states().Http).toMatchObject({ state: 'Running' });
    expect(services.httpsBootPort()).toBeUndefined();
    const { stdout } = await run('curl', ['-sf', `http://${address}:${ports.http}/healthz`]);
    expect(stdout).toBe('ok\n');
  });

  it('begins when the Secret is there, says until when it is valid, and is named to UEFI', async () => {
    await put(first);
    await expect.poll(() => states().Https?.state).toBe('Running');
    expect(states().Https?.message).toMatch(/^the certificate is valid until \d{4}-/);
    expect(services.httpsBootPort()).toBe(ports.https);
    expect((await curl('first', '/loaders/snponly.efi')).toString()).toBe('MZ loader');
  });

  it('brings images whole and in ranges, over TLS 1.2 as well', async () => {
    expect((await curl('first', `/images/${digest}`)).equals(bytes)).toBe(true);
    const part = await curl('first', `/images/${digest}`, '--tls-max', '1.2', '-r', '-1000');
    expect(part.equals(bytes.subarray(-1000))).toBe(true);
  });

  it('sends what follows to HTTP: boot scripts name that', async () => {
    const script = (await curl('first', '/boot/52-54-00-00-00-09.ipxe')).toString();
    expect(script).toContain('#!ipxe');
    expect(script).not.toContain('https:');
  });

  it('takes a new certificate under an open connection, which goes on', async () => {
    const socket = await open();
    const old = socket.getPeerCertificate().fingerprint256;
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await put(second);
    await expect
      .poll(async () => {
        const next = await open();
        const { fingerprint256 } = next.getPeerCertificate();
        next.destroy();
        return fingerprint256;
      })
      .not.toBe(old);
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => text).toContain('ok\n');
    socket.destroy();
    expect((await curl('second', '/healthz')).toString()).toBe('ok\n');
    await expect(curl('first', '/healthz')).rejects.toThrow();
  });

  it('goes on with the last good certificate when a broken one comes, and says so', async () => {
    await put({ cert: first.cert, key: second.key });
    await expect.poll(() => states().Https).toMatchObject({ state: 'Failed', reason: 'CertificateInvalid' });
    expect(states().Http).toMatchObject({ state: 'Running' });
    expect((await curl('second', '/healthz')).toString()).toBe('ok\n');
    expect(services.httpsBootPort()).toBeUndefined();
    await put(second);
    await expect.poll(() => states().Https?.state).toBe('Running');
  });

  it.each([
    ['plain HTTP', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['noise', randomBytes(4096)],
    ['nothing at all', undefined],
  ])('is cut off for who speaks %s', async (_, data) => {
    const socket = connectPlain(ports.https, address);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.resume();
    if (data !== undefined) socket.write(data);
    await gone;
    expect((await curl('second', '/healthz')).toString()).toBe('ok\n');
  });
});
