import { readFileSync } from 'node:fs';
import { systemClock } from '../../../src/domain/clock.ts';
import { ipv4ToNumber } from '../../../src/domain/net/address.ts';
import { cidrContains, parseCidr } from '../../../src/domain/net/cidr.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { selectBootFile } from '../../../src/rack/dhcp4/boot-file.ts';
import { openLeaseStore } from '../../../src/rack/dhcp4/leases/store.ts';
import type { DhcpBackend, DhcpNetwork, DhcpReservation } from '../../../src/rack/dhcp4/ports.ts';
import { createDhcp4Server } from '../../../src/rack/dhcp4/server.ts';
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
  leaseDirectory: string;
  /** Name and path of the files served by TFTP. */
  files: Record<string, string>;
  /** Default: debug. */
  logLevel?: string;
}

const config: RackConfig = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const log = createLogger('rack-under-test', config.logLevel ?? 'debug');
const contents = new Map(Object.entries(config.files).map(([name, path]) => [name, readFileSync(path)]));
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
const dhcp = createDhcp4Server({ backend, sockets, leases, clock: systemClock, log });
const tftp = createTftpServer({ files: (name) => contents.get(name), sockets, clock: systemClock, log });
for (const device of Object.keys(config.networks)) {
  await dhcp.listen(device);
  await tftp.listen({ device });
}
console.log('rack ready');

process.once('SIGTERM', async () => {
  await dhcp.close();
  await tftp.close();
  await leases.close();
  console.log('rack closed');
});
