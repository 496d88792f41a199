import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Background } from '../../test/integration/netns/namespaces.ts';
import type { RackConfig } from '../../test/integration/netns/rack-under-test.ts';
import { type Wire, wire } from '../lib/wire.ts';

/** A TFTP server that serves a directory of files on a wire. */
export interface TftpServerUnderTest {
  name: string;
  start(): Promise<Background>;
}

const program = join(import.meta.dirname, '..', '..', 'test', 'integration', 'netns', 'rack-under-test.ts');

/** The rack's own. @param files names that are served, and their paths */
export function rackTftp(
  { server, directory }: Wire,
  files: Record<string, string>,
  nodeOptions: string[] = [],
): TftpServerUnderTest {
  const config: RackConfig = {
    networks: { [wire.serverDevice]: { vlan: 'bench', subnets: [] } },
    relayed: [],
    reservations: [],
    leaseDirectory: join(directory, 'rack'),
    files,
    logLevel: 'info',
  };
  const path = join(directory, 'rack.json');
  return {
    name: 'ours',
    async start() {
      writeFileSync(path, JSON.stringify(config));
      const running = server.start([process.execPath, ...nodeOptions, program, path]);
      await running.until(/rack ready/, 60_000);
      return running;
    },
  };
}

/** dnsmasq, with as many transfers at once as are asked for. */
export function dnsmasqTftp({ server, directory }: Wire): TftpServerUnderTest {
  return {
    name: 'dnsmasq',
    async start() {
      const running = server.start([
        ...['dnsmasq', '--no-daemon', '--port=0', '--conf-file=/dev/null', '--pid-file=', '--quiet-tftp'],
        ...['--user=root', '--group=root', '--enable-tftp', `--tftp-root=${directory}`, '--tftp-max=1000'],
      ]);
      await running.until(/TFTP root/, 20_000);
      return running;
    },
  };
}

/** tftpd-hpa: one process for each transfer. */
export function hpaTftp({ server, directory }: Wire): TftpServerUnderTest {
  return {
    name: 'tftpd-hpa',
    async start() {
      const running = server.start([
        ...['in.tftpd', '--foreground', '--address', `${wire.serverAddress}:69`, '--user', 'root'],
        ...['--secure', directory],
      ]);
      // It says nothing; it serves as soon as its socket is there.
      const sockets = async (): Promise<string> => (await server.run(['ss', '-lun'])).output;
      while (!(await sockets()).includes(`${wire.serverAddress}:69`))
        await new Promise((done) => setTimeout(done, 20));
      return running;
    },
  };
}
