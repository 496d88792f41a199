import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secrets } from '../../../kube/core-resources.ts';
import { createManualTimers } from '../../../kube/manual-timers.ts';
import { createMemoryClient } from '../../../kube/memory-client.ts';
import { silentLogger } from '../../../log/logger.ts';
import { createCertificateWatch } from './certificate-watch.ts';
import { judgeCertificate, readCertificate, secureApiOf } from './read-certificate.ts';
import {
  makeAuthority,
  makeCertificate,
  type TestAuthority,
  type TestCertificate,
} from './test-certificates.ts';

const day = 86_400_000;
let first: TestCertificate;
let second: TestCertificate;

beforeAll(async () => {
  [first, second] = await Promise.all([
    makeCertificate('IP:10.0.0.1,DNS:rack'),
    makeCertificate('IP:10.0.0.1'),
  ]);
});

function secretOf(data: Record<string, string>) {
  const encoded = Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
  const metadata = { name: 'rack-tls', namespace: 'system' };
  return {
    ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata },
    data: Object.fromEntries(encoded),
  };
}

const tls = ({ cert, key }: TestCertificate) => ({ 'tls.crt': cert, 'tls.key': key });

describe('a certificate from a Secret', () => {
  it('is read as cert-manager writes it', () => {
    const read = readCertificate(secretOf({ ...tls(first), 'ca.crt': second.cert }), 'rack-tls');
    expect(Math.round((read.notAfter - read.notBefore) / day)).toBe(90);
  });

  it.each([
    ['is not there', () => undefined, 'CertificateMissing', 'there is no Secret'],
    ['has no key', () => secretOf({ 'tls.crt': first.cert }), 'CertificateInvalid', 'no tls.key'],
    ['is empty', () => secretOf({ ...tls(first), 'tls.crt': '' }), 'CertificateInvalid', 'no tls.crt'],
    ['is no PEM', () => secretOf({ ...tls(first), 'tls.crt': 'x' }), 'CertificateInvalid', 'tls.crt of'],
    [
      'has a key of another one',
      () => secretOf({ 'tls.crt': first.cert, 'tls.key': second.key }),
      'CertificateInvalid',
      'of another certificate',
    ],
  ])('is refused by name when it %s', (_, secret, code, words) => {
    expect(() => readCertificate(secret(), 'rack-tls')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) }),
    );
  });

  it.each([
    ['now', 1, ['10.0.0.1'], undefined, 'valid until'],
    ['shortly before its end', 80, ['10.0.0.1'], undefined, 'days from now, and nobody has renewed it'],
    ['after its end', 91, ['10.0.0.1'], 'CertificateExpired', 'was valid until'],
    ['before its beginning', -1, ['10.0.0.1'], 'CertificateNotYetValid', 'is valid from'],
    ['under another address', 1, ['10.0.0.1', '10.0.0.2'], 'CertificateWrongName', 'does not name 10.0.0.2'],
  ])('is judged %s', (_, days, addresses, code, words) => {
    const read = readCertificate(secretOf(tls(first)), 'rack-tls');
    const { fault, message } = judgeCertificate(read, addresses, read.notBefore + days * day);
    expect(fault?.code).toBe(code);
    expect(message).toContain(words);
  });
});

describe('what agents are told of a certificate', () => {
  const pinOf = (pem: string): string =>
    new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
  let ours: TestAuthority;
  let theirs: TestAuthority;
  beforeAll(async () => {
    [ours, theirs] = await Promise.all([makeAuthority('ours'), makeAuthority('theirs')]);
  });
  afterAll(() => Promise.all([ours.remove(), theirs.remove()]));

  it.each([
    ['the address that they know', 'IP:10.0.0.1,DNS:rack.example', undefined],
    ['a name, where the address is missing', 'DNS:*.example,DNS:rack.example,DNS:other', 'rack.example'],
  ])('is its authority, and %s', async (_, subjectAltName, name) => {
    const { cert, key, authority } = await ours.sign(subjectAltName);
    const bundle = `${theirs.cert}${authority}`;
    const read = readCertificate(secretOf({ ...tls({ cert, key }), 'ca.crt': bundle }), 'rack-tls');
    expect(secureApiOf(read, '10.0.0.1', 7443)).toEqual({
      ...{ port: 7443, authority: pinOf(ours.cert) },
      ...(name === undefined ? {} : { name }),
    });
  });

  it('is itself where nobody it names has signed it', async () => {
    const { cert, key } = await ours.sign('IP:10.0.0.1');
    const read = readCertificate(
      secretOf({ ...tls({ cert, key }), 'ca.crt': `${theirs.cert}no certificate` }),
      'rack-tls',
    );
    expect(secureApiOf(read, '10.0.0.1', 7443)?.authority).toBe(pinOf(cert));
  });

  it('is nothing where it names neither the address nor a host', async () => {
    const read = readCertificate(
      secretOf(tls(await makeCertificate('IP:10.9.9.9,DNS:*.example'))),
      'rack-tls',
    );
    expect(secureApiOf(read, '10.0.0.1', 7443)).toBeUndefined();
  });
});

describe('the watch over the certificate', () => {
  it('tells of a new one, keeps the last good one, and names what is wrong', async () => {
    const client = createMemoryClient();
    const timers = createManualTimers();
    const watch = createCertificateWatch({
      ...{ client, namespace: 'system', secretName: 'rack-tls', timers, log: silentLogger },
      clock: { now: () => Date.now() },
    });
    const seen: string[] = [];
    watch.onChange(({ cert }) => seen.push(cert));
    watch.start();
    const put = async (data: Record<string, string>): Promise<void> => {
      await client.apply(secrets, secretOf(data), { fieldManager: 'test', force: true });
      await timers.advance(60_000);
    };
    await timers.advance(0);
    expect(watch.state([]).fault?.code).toBe('CertificateMissing');
    await put(tls(first));
    expect(watch.state(['10.0.0.1']).fault).toBeUndefined();
    await put({ 'tls.crt': 'x', 'tls.key': 'x' });
    expect([watch.state([]).fault?.code, watch.current()?.cert]).toEqual(['CertificateInvalid', first.cert]);
    await put(tls(second));
    await put(tls(second));
    expect(seen).toEqual([first.cert, second.cert]);
    expect(watch.state([]).fault).toBeUndefined();
    const stopped = watch.stop();
    await timers.advance(0);
    await stopped;
  });
});
