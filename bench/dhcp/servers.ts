import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Background } from '../../test/integration/netns/namespaces.ts';
import type { RackConfig } from '../../test/integration/netns/rack-under-test.ts';
import { type Wire, wire } from '../lib/wire.ts';

/** A DHCP server that can be started on a wire, as often as wanted; it keeps its leases between. */
export interface DhcpServerUnderTest {
  name: string;
  /** The rate to search from. */
  firstRate: number;
  start(): Promise<Background>;
}

const pool = { start: '10.16.0.0', end: '10.47.255.255' } as const;
const leaseSeconds = 3600;
const program = join(import.meta.dirname, '..', '..', 'test', 'integration', 'netns', 'rack-under-test.ts');

/** The rack's own server as `bin/rack` makes it, with a fixed world. Each lease is on the disk before its ACK leaves. */
export function rackServer({ server, directory }: Wire, nodeOptions: string[] = []): DhcpServerUnderTest {
  const config: RackConfig = {
    networks: {
      [wire.serverDevice]: {
        vlan: 'bench',
        subnets: [
          {
            name: 'bench',
            cidr: '10.0.0.0/8',
            gateway: '10.0.0.254',
            dnsServers: [wire.serverAddress],
            ntpServers: [],
            dynamicRanges: [pool],
            leaseSeconds,
            serverAddress: wire.serverAddress,
            bootDisabled: false,
          },
        ],
      },
    },
    relayed: [],
    reservations: [],
    leaseDirectory: join(directory, 'rack'),
    files: {},
    logLevel: 'info',
  };
  const path = join(directory, 'rack.json');
  return {
    name: 'ours',
    firstRate: 1500,
    async start() {
      writeFileSync(path, JSON.stringify(config));
      const running = server.start([process.execPath, ...nodeOptions, program, path]);
      await running.until(/rack ready/, 60_000);
      return running;
    },
  };
}

/** Kea with its leases in a CSV file, which it flushes and never fsyncs; one thread, quiet. */
export function keaServer({ server, directory }: Wire): DhcpServerUnderTest {
  const home = join(directory, 'kea');
  const path = join(directory, 'kea.json');
  const config = {
    Dhcp4: {
      'interfaces-config': {
        interfaces: [`${wire.serverDevice}/${wire.serverAddress}`],
        'dhcp-socket-type': 'udp',
      },
      'lease-database': { type: 'memfile', persist: true, name: join(home, 'leases.csv'), 'lfc-interval': 0 },
      'valid-lifetime': leaseSeconds,
      'multi-threading': { 'enable-multi-threading': false },
      subnet4: [
        {
          id: 1,
          subnet: '10.0.0.0/8',
          pools: [{ pool: `${pool.start} - ${pool.end}` }],
          'option-data': [
            { name: 'routers', data: '10.0.0.254' },
            { name: 'domain-name-servers', data: wire.serverAddress },
          ],
        },
      ],
      loggers: [
        { name: 'kea-dhcp4', severity: 'WARN', output_options: [{ output: 'stdout', flush: true }] },
        // Says that it has started, and nothing for each packet.
        { name: 'kea-dhcp4.dhcp4', severity: 'INFO', output_options: [{ output: 'stdout', flush: true }] },
      ],
    },
  };
  return {
    name: 'kea',
    firstRate: 1500,
    async start() {
      mkdirSync(home, { recursive: true });
      writeFileSync(path, JSON.stringify(config));
      const environment = [`KEA_PIDFILE_DIR=${home}`, `KEA_LOCKFILE_DIR=${home}`];
      const running = server.start(['env', ...environment, 'kea-dhcp4', '-c', path]);
      await running.until(/DHCP4_STARTED/, 60_000);
      return running;
    },
  };
}

/** dnsmasq, which writes its whole lease file anew and fsyncs it for every lease. */
export function dnsmasqServer({ server, directory }: Wire): DhcpServerUnderTest {
  return {
    name: 'dnsmasq',
    firstRate: 50,
    async start() {
      const running = server.start([
        ...[
          'dnsmasq',
          '--no-daemon',
          '--port=0',
          '--conf-file=/dev/null',
          '--pid-file=',
          '--no-ping',
          '--quiet-dhcp',
        ],
        ...['--user=root', '--group=root', `--interface=${wire.serverDevice}`, '--bind-interfaces'],
        ...[
          '--dhcp-authoritative',
          '--dhcp-lease-max=200000',
          `--dhcp-leasefile=${join(directory, 'dnsmasq')}`,
        ],
        `--dhcp-range=${pool.start},10.16.127.255,255.0.0.0,${leaseSeconds}`,
      ]);
      await running.until(/dnsmasq-dhcp: .*IP range/, 20_000);
      return running;
    },
  };
}
