import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabEnvironment } from '../environment.ts';
import type { LabInstance } from '../instance.ts';
import { LIBVIRT_URI } from '../machines/libvirt-daemons.ts';
import { startDaemon } from '../process/daemon.ts';
import { requireProgram } from '../process/programs.ts';
import { run } from '../process/run.ts';
import type { BmcCredentials } from './credentials.ts';

/** A Redfish service over HTTPS for every machine of libvirt. */
export interface RedfishService {
  url: string;
  /** SHA-256 of its self-signed certificate, lower-case hex. */
  fingerprint: string;
}

/** Starts sushy-tools' Redfish emulator with a fresh certificate and one user. */
export async function startSushy(
  instance: LabInstance,
  environment: LabEnvironment,
  credentials: BmcCredentials,
  lifetime: 'parent' | 'detached',
): Promise<RedfishService> {
  const directory = join(instance.directory, 'bmc');
  mkdirSync(join(directory, 'sushy'), { recursive: true, mode: 0o700 });
  const certificatePath = join(directory, 'sushy.crt');
  const keyPath = join(directory, 'sushy.key');
  if (!existsSync(certificatePath)) {
    await run(requireProgram('openssl', environment), [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '365',
      ],
      ...['-subj', '/CN=redfish', '-addext', `subjectAltName=IP:${instance.bmcAddress}`],
      ...['-keyout', keyPath, '-out', certificatePath],
    ]);
  }
  const passwordPath = join(directory, 'sushy.htpasswd');
  const hash = await bcrypt(credentials.password, environment);
  writeFileSync(passwordPath, `${credentials.username}:${hash}\n`, { mode: 0o600 });
  const configPath = join(directory, 'sushy.conf');
  writeFileSync(configPath, renderConfig(instance, directory, passwordPath, certificatePath, keyPath));
  startDaemon({
    name: 'sushy-emulator',
    directory,
    command: requireProgram('sushy-emulator', environment),
    args: ['--config', configPath],
    lifetime,
  });
  const certificate = new X509Certificate(readFileSync(certificatePath));
  return {
    url: `https://${instance.bmcAddress}:${instance.redfishPort}`,
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

function renderConfig(
  { bmcAddress, redfishPort, mediaPool }: LabInstance,
  directory: string,
  passwords: string,
  certificate: string,
  key: string,
): string {
  const settings = {
    SUSHY_EMULATOR_LISTEN_IP: bmcAddress,
    SUSHY_EMULATOR_LISTEN_PORT: redfishPort,
    SUSHY_EMULATOR_LIBVIRT_URI: LIBVIRT_URI,
    SUSHY_EMULATOR_STORAGE_POOL: mediaPool,
    SUSHY_EMULATOR_STATE_DIR: join(directory, 'sushy'),
    SUSHY_EMULATOR_AUTH_FILE: passwords,
    SUSHY_EMULATOR_SSL_CERT: certificate,
    SUSHY_EMULATOR_SSL_KEY: key,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join('');
}

/** The emulator takes no other hash, and Node has no bcrypt: its own library makes it. */
async function bcrypt(password: string, environment: LabEnvironment): Promise<string> {
  const program =
    'import bcrypt, sys; print(bcrypt.hashpw(sys.stdin.read().encode(), bcrypt.gensalt(4)).decode())';
  const python = join(environment.cache, 'python', 'bin', 'python3');
  return (await run(python, ['-c', program], { input: password })).trim();
}
