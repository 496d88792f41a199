import { readFileSync } from 'node:fs';
import { systemClock } from '../../../src/domain/clock.ts';
import type { DhcpOptionSetting } from '../../../src/domain/dhcp/option-setting.ts';
import { ipv4ToNumber } from '../../../src/domain/net/address.ts';
import { cidrContains, parseCidr } from '../../../src/domain/net/cidr.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { selectBootFile } from '../../../src/rack/dhcp4/boot-file.ts';
import { createForeignWatch } from '../../../src/rack/dhcp4/foreign-watch.ts';
import { openLeaseStore } from '../../../src/rack/dhcp4/leases/store.ts';
import { createPingCheck } from '../../../src/rack/dhcp4/ping-check.ts';
import type { DhcpBackend, DhcpNetwork, DhcpReservation } from '../../../src/rack/dhcp4/ports.ts';
import { createBootServer } from '../../../src/rack/dhcp4/proxy-server.ts';
import { createDhcp4Server } from '../../../src/rack/dhcp4/server.ts';
import { listInterfaces } from '../../../src/rack/net/interfaces.ts';
import { createNativeRawSockets } from '../../../src/rack/net/native-raw-sockets.ts';
import { createSocketFactory } from '../../../src/rack/net/socket-factory.ts';
import { createTftpServer } from '../../../src/rack/tftp/server.ts';

/*
 * The DHCP and TFTP servers as one program, to be run inside a namespace: its argument is the path of a configuration
 * file. It prints JSON log lines, and `rack ready` when everything is served.
 */

/** What the configuration file says. */
export interface RackConfig {
  networks: Record<string, DhcpNetwork>;
  /** Networks that are reached through relays only. */
  relayed: DhcpNetwork[];
  reservations: DhcpReservation[];
  /** MAC addresses of machines that have none. */
  machines?: string[];
  /** DHCP options of machines, by MAC address. */
  machineOptions?: Record<string, DhcpOptionSetting[]>;
  leaseDirectory: string;
  /** Name and path of the files served by TFTP. */
  files: Record<string, string>;
  /** Default: debug. */
  logLevel?: string;
  /** Ping before an offer. Default: no. */
  ping?: boolean;
  /** Look out for foreign DHCP servers, print who is heard as `foreign` each second. Default: no. */
  foreign?: { probeMs: number; ours: string[] };
}

const config: RackConfig = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const log = createLogger('rack-under-test', config.logLevel ?? 'debug');
const contents = new Map(Object.entries(config.files).map(([name, path]) => [name, readFileSync(path)]));
const knownMacs = new Set([...config.reservations.map(({ mac }) => mac), ...(config.machines ?? [])]);
const all = [...Object.values(config.networks), ...config.relayed];

const backend: DhcpBackend = {
  networkOf: (device) => config.networks[device],
  networkOfRelay: (giaddr) =>
    all.find(({ subnets }) =>
      subnets.some(({ cidr }) =>
        cidrContains(parseCidr(cidr), { family: 4, value: BigInt(ipv4ToNumber(giaddr) ?? 0) }),
      ),
    ),
  reservation: (mac, network) =>
    config.reservations.find(
      (known) => known.mac === mac && network.subnets.some(({ name }) => name === known.subnet),
    ),
  machineOptions: (mac) => config.machineOptions?.[mac],
  known: (mac) => knownMacs.has(mac),
  boot: (client, subnet) =>
    selectBootFile(client, {
      tftpServer: subnet.serverAddress,
      httpBase: `http://${subnet.serverAddress}:7480`,
      mac: client.mac,
    }),
  seen: (sighting) => log.debug(sighting, 'seen'),
};

const sockets = await createSocketFactory(log);
const leases = await openLeaseStore({ directory: config.leaseDirectory, clock: systemClock, log });
const raw = createNativeRawSockets();
const ping = config.ping ? createPingCheck({ raw, log }) : undefined;
const bootServer = createBootServer({ backend, sockets, log });
const dhcp = createDhcp4Server({ backend, sockets, leases, clock: systemClock, log, ping, bootServer });
const { foreign: watching } = config;
const foreign =
  watching &&
  createForeignWatch({
    ...{ raw, sockets, clock: systemClock, log, probeMs: watching.probeMs },
    interfaces: () => listInterfaces(),
    isOurs: ({ address }) => watching.ours.includes(address),
  });
const tftp = createTftpServer({ files: (name) => contents.get(name), sockets, clock: systemClock, log });
for (const device of Object.keys(config.networks)) {
  await dhcp.listen(device);
  await bootServer.listen(device);
  foreign?.watch(device);
  await tftp.listen({ device });
}
const telling = setInterval(() => {
  if (foreign !== undefined) log.info({ servers: foreign.list() }, 'foreign');
}, 1000);
console.log('rack ready');

process.once('SIGTERM', async () => {
  clearInterval(telling);
  foreign?.close();
  ping?.close();
  await dhcp.close();
  await bootServer.close();
  await tftp.close();
  await leases.close();
  console.log('rack closed');
});
