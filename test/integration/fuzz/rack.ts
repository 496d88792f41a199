import { join } from 'node:path';
import { systemClock } from '../../../src/domain/clock.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { openBootTokens } from '../../../src/rack/boot-token/boot-tokens.ts';
import { selectBootFile } from '../../../src/rack/dhcp4/boot-file.ts';
import { openLeaseStore } from '../../../src/rack/dhcp4/leases/store.ts';
import type { DhcpBackend, DhcpNetwork } from '../../../src/rack/dhcp4/ports.ts';
import { createBootServer } from '../../../src/rack/dhcp4/proxy-server.ts';
import { createDhcp4Server } from '../../../src/rack/dhcp4/server.ts';
import { createRackHttpServer } from '../../../src/rack/http-boot/server.ts';
import { createSightings } from '../../../src/rack/http-boot/sightings.ts';
import { createImageCache } from '../../../src/rack/images/image-cache.ts';
import { createSocketFactory } from '../../../src/rack/net/socket-factory.ts';
import { createTftpServer } from '../../../src/rack/tftp/server.ts';
import { aMachine, createFakeMachines, expecting } from '../rack-http/fake-machines.ts';

/*
 * DHCP, the boot server of port 4011, TFTP and HTTP of a rack as one program, to be run inside a namespace. Arguments: a
 * directory, the device and its address. Prints `rack ready` with its process id.
 */

const [directory = '', device = '', address = ''] = process.argv.slice(2);
const clock = systemClock;
const log = createLogger('fuzzed-rack', 'error');
const prefix = address.split('.').slice(0, 3).join('.');
const network: DhcpNetwork = {
  vlan: 'fuzzed',
  subnets: [
    {
      ...{ name: 'fuzzed', cidr: `${prefix}.0/24`, gateway: address, serverAddress: address },
      ...{ dnsServers: [address], ntpServers: [], leaseSeconds: 600, bootDisabled: false },
      dynamicRanges: [{ start: `${prefix}.50`, end: `${prefix}.250` }],
    },
  ],
};
const sightings = createSightings({ clock });
const backend: DhcpBackend = {
  networkOf: (name) => (name === device ? network : undefined),
  networkOfRelay: () => network,
  // The client that looks whether all is well has an address of its own: the others may have used up the range.
  reservation: (mac) =>
    mac === '52:54:00:00:00:99' ? { mac, address: `${prefix}.9`, subnet: 'fuzzed' } : undefined,
  boot: ({ mac, ...client }) =>
    selectBootFile(client, { tftpServer: address, httpBase: `http://${address}:7480`, mac }),
  seen: (sighting) => sightings.seen(sighting),
};
const machines = createFakeMachines();
machines.machines.set('m1', aMachine('m1', '52:54:00:00:00:99', expecting('Inventory')));
const loaders = { files: new Map([['snponly.efi', Buffer.alloc(100_000, 'MZ')]]) };

const sockets = await createSocketFactory(log);
const leases = await openLeaseStore({ directory: join(directory, 'leases'), clock, log });
const bootServer = createBootServer({ backend, sockets, log });
const dhcp = createDhcp4Server({ backend, sockets, leases, clock: leases.clock, log, bootServer });
const tftp = createTftpServer({ files: (name) => loaders.files.get(name), sockets, clock, log });
const images = await createImageCache({
  ...{ directory: join(directory, 'images'), maxBytes: 1 << 26, sources: () => undefined, log, clock },
});
const tokens = await openBootTokens({ path: join(directory, 'boot-tokens.json'), clock, log });
const http = createRackHttpServer({ machines, images, loaders, tokens, sightings, clock, log });
await dhcp.listen(device);
await bootServer.listen(device);
await tftp.listen({ device });
await http.listen({ address, port: 7480 });
console.log(`rack ready ${process.pid}`);
