import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetns, type Namespace } from '../../test/integration/netns/namespaces.ts';

/** Two namespaces and a cable between them, and a scratch directory on the machine's disk. */
export interface Wire {
  server: Namespace;
  client: Namespace;
  directory: string;
  close(): Promise<void>;
}

/** Addresses of the two ends, in 10.0.0.0/8. The client also owns all of 10.1.0.0/16, for many clients at once. */
export const wire = {
  serverAddress: '10.0.0.1',
  serverDevice: 'bench0',
  clientAddress: '10.0.0.2',
  clientDevice: 'bench1',
} as const;

/** The Debian package that each program comes from; `BENCH_PACKAGES` of `lab/setup/packages.sh` installs them. */
const packages = {
  'kea-dhcp4': 'kea-dhcp4-server',
  perfdhcp: 'kea-admin',
  dnsmasq: 'dnsmasq-base',
  'in.tftpd': 'tftpd-hpa',
  nginx: 'nginx-light',
  curl: 'curl',
} as const;

/** Fails with the name of the Debian package when a program is missing. */
export function requirePrograms(...programs: (keyof typeof packages)[]): void {
  for (const program of programs) {
    try {
      execFileSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`]);
    } catch {
      throw new Error(`${program} is missing: apt-get install ${packages[program]}`);
    }
  }
}

/** See `Wire`. Needs root. */
export async function createWire(): Promise<Wire> {
  const netns = createNetns();
  const directory = mkdtempSync(join(tmpdir(), 'mw-bench-'));
  const server = await netns.create('bench-server');
  const client = await netns.create('bench-client');
  await netns.cable(server, wire.serverDevice, client, wire.clientDevice);
  await server.ip('address', 'add', `${wire.serverAddress}/8`, 'dev', wire.serverDevice);
  await client.ip('address', 'add', `${wire.clientAddress}/8`, 'dev', wire.clientDevice);
  await client.ip('address', 'add', '10.1.0.1/16', 'dev', 'lo');
  await server.ip('route', 'add', '10.1.0.0/16', 'via', wire.clientAddress);
  const close = async (): Promise<void> => {
    await netns.close();
    rmSync(directory, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close().finally(() => process.exit(1)));
  }
  return { server, client, directory, close };
}
