import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A self-signed certificate that openssl makes for a test, in PEM. */
export interface TestCertificate {
  cert: string;
  key: string;
}

/** @param subjectAltName `IP:127.0.0.1` */
export async function makeCertificate(subjectAltName: string, days = 90): Promise<TestCertificate> {
  const directory = await mkdtemp(join(tmpdir(), 'metalwright-tls-'));
  try {
    const [key, cert] = [join(directory, 'key'), join(directory, 'cert')];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', String(days), '-subj', '/CN=rack', '-addext', `subjectAltName=${subjectAltName}`],
      ...['-keyout', key, '-out', cert],
    ]);
    return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** An authority that signs certificates for tests. */
export interface TestAuthority {
  /** PEM. */
  cert: string;
  /** Signs a certificate that names its authority. */
  sign(subjectAltName: string): Promise<TestCertificate & { authority: string }>;
  remove(): Promise<void>;
}

export async function makeAuthority(name: string): Promise<TestAuthority> {
  const directory = await mkdtemp(join(tmpdir(), 'metalwright-tls-'));
  const at = (file: string): string => join(directory, file);
  const make = (file: string, subject: string, ...options: string[]) =>
    run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '90', '-subj', `/CN=${subject}`, '-keyout', at(`${file}.key`), '-out', at(`${file}.crt`)],
      ...options,
    ]);
  await make('ca', name);
  const cert = await readFile(at('ca.crt'), 'utf8');
  return {
    cert,
    async sign(subjectAltName) {
      const signer = ['-CA', at('ca.crt'), '-CAkey', at('ca.key')];
      const names = ['-addext', `subjectAltName=${subjectAltName}`, '-addext', 'basicConstraints=CA:FALSE'];
      await make('leaf', 'rack', ...signer, ...names);
      const [leaf, key] = await Promise.all([
        readFile(at('leaf.crt'), 'utf8'),
        readFile(at('leaf.key'), 'utf8'),
      ]);
      return { cert: leaf, key, authority: cert };
    },
    remove: () => rm(directory, { recursive: true }),
  };
}
