import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeCertificate,
  type TestCertificate,
} from '../../../src/rack/http-boot/certificate/test-certificates.ts';
import { address, type HttpsRack, startHttpsRack } from './https-rack.ts';

const run = promisify(execFile);
const bytes = randomBytes(3_000_000);

let running: HttpsRack;
let first: TestCertificate;
let second: TestCertificate;
let digest: string;

beforeAll(async () => {
  running = await startHttpsRack(true);
  digest = await running.rack.addImage(bytes);
  [first, second] = await Promise.all([
    makeCertificate('IP:127.0.0.1'),
    makeCertificate('IP:127.0.0.1,DNS:renewed'),
  ]);
  for (const [name, { cert }] of Object.entries({ first, second }))
    await writeFile(join(running.rack.directory, name), cert);
});

afterAll(() => running.stop());

const states = () => running.states();
const put = (certificate: TestCertificate) => running.put(certificate);

async function curl(ca: string, path: string, ...options: string[]): Promise<Buffer> {
  const url = `https://${address}:${running.ports.https}${path}`;
  const { stdout } = await run(
    'curl',
    ['-sf', '--cacert', join(running.rack.directory, ca), ...options, url],
    {
      encoding: 'buffer',
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  return stdout;
}

function open(): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connectTls({ host: address, port: running.ports.https, rejectUnauthorized: false }, () =>
    resolve(socket),
  );
  socket.on('error', reject);
  return promise;
}

describe('HTTPS', () => {
  it('is a named failure without its Secret, and HTTP serves', async () => {
    expect(states().Https).toMatchObject({ state: 'Failed', reason: 'CertificateMissing' });
    expect(states().Http).toMatchObject({ state: 'Running' });
    expect(running.services.httpsBootPort()).toBeUndefined();
    const { stdout } = await run('curl', ['-sf', `http://${address}:${running.ports.http}/healthz`]);
    expect(stdout).toBe('ok\n');
  });

  it('begins when the Secret is there, says until when it is valid, and is named to UEFI', async () => {
    await put(first);
    await expect.poll(() => states().Https?.state).toBe('Running');
    expect(states().Https?.message).toMatch(/^the certificate is valid until \d{4}-/);
    expect(running.services.httpsBootPort()).toBe(running.ports.https);
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
    expect(running.services.httpsBootPort()).toBeUndefined();
    await put(second);
    await expect.poll(() => states().Https?.state).toBe('Running');
  });

  it.each([
    ['plain HTTP', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['noise', randomBytes(4096)],
    ['nothing at all', undefined],
  ])('is cut off for who speaks %s', async (_, data) => {
    const socket = connectPlain(running.ports.https, address);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.resume();
    if (data !== undefined) socket.write(data);
    await gone;
    expect((await curl('second', '/healthz')).toString()).toBe('ok\n');
  });
});
