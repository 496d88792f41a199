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
