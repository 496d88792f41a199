import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { selfSigned } from '../../../src/rack/power/testing/self-signed.ts';
import { freePort, pythonOfPeers, scratchDirectory, startPeer, untilReady } from '../power/peers.ts';

/** sushy-tools' Redfish emulator over HTTPS, for all virtual machines of libvirt. */
export interface Sushy {
  address: string;
  fingerprint: string;
  /** A resource as another client sees it. */
  get(path: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** @param pool of libvirt, that CDs are put into */
export async function startSushy(options: {
  directory: string;
  user: { username: string; password: string };
  libvirtUri: string;
  pool: string;
  featureSet?: 'full' | 'vmedia' | 'minimum';
}): Promise<Sushy> {
  const { user, libvirtUri, pool, featureSet = 'vmedia' } = options;
  const state = scratchDirectory();
  const port = await freePort();
  const certificate = selfSigned();
  const hash =
    'import bcrypt, sys\nprint(bcrypt.hashpw(sys.stdin.read().encode(), bcrypt.gensalt(4)).decode())';
  const hashed = execFileSync(pythonOfPeers(), ['-c', hash], { input: user.password }).toString().trim();
  writeFileSync(join(state, 'users'), `${user.username}:${hashed}\n`);
  writeFileSync(join(state, 'cert.pem'), certificate.cert);
  writeFileSync(join(state, 'key.pem'), certificate.key, { mode: 0o600 });
  const settings = {
    SUSHY_EMULATOR_LISTEN_IP: '127.0.0.1',
    SUSHY_EMULATOR_LISTEN_PORT: port,
    SUSHY_EMULATOR_LIBVIRT_URI: libvirtUri,
    SUSHY_EMULATOR_FEATURE_SET: featureSet,
    SUSHY_EMULATOR_STORAGE_POOL: pool,
    SUSHY_EMULATOR_STATE_DIR: state,
    SUSHY_EMULATOR_AUTH_FILE: join(state, 'users'),
    SUSHY_EMULATOR_SSL_CERT: join(state, 'cert.pem'),
    SUSHY_EMULATOR_SSL_KEY: join(state, 'key.pem'),
  };
  const config = join(state, 'sushy.conf');
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  writeFileSync(config, lines.join(''));
  const program = `import sys\nsys.argv = ['sushy-emulator', '--config', '${config}']\nfrom sushy_tools.emulator.main import main\nsys.exit(main())\n`;
  const peer = startPeer(pythonOfPeers(), ['-c', program], state);
  const get = (path: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const asked = request(
        {
          ...{ host: '127.0.0.1', port, path, ca: certificate.cert, checkServerIdentity: () => undefined },
          auth: `${user.username}:${user.password}`,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
          response.on('error', reject);
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  await untilReady(peer, () => get('/redfish/v1/'));
  return {
    address: `https://127.0.0.1:${port}`,
    fingerprint: certificate.fingerprint,
    get,
    stop: () => peer.stop(),
  };
}
