import { expect, it } from 'vitest';
import { recordedBoot } from '../../../test/fixtures/packets/firmware.ts';
import { silentLogger } from '../../log/logger.ts';
import { createMemorySockets } from '../net/memory-sockets.ts';
import { selectBootFile } from './boot-file.ts';
import { LeaseTable } from './leases/lease-table.ts';
import type { LeaseStore } from './leases/store.ts';
import type { DhcpNetwork, DhcpSighting } from './ports.ts';
import { createDhcp4Server } from './server.ts';

const network: DhcpNetwork = {
  vlan: 'near',
  mode: 'Proxy',
  subnets: [
    {
      ...{ name: 'near', cidr: '10.81.1.0/24', dnsServers: [], ntpServers: [], dynamicRanges: [] },
      ...{ leaseSeconds: 600, serverAddress: '10.81.1.1', bootDisabled: false },
    },
  ],
};
const clock = { now: () => 1_800_000_000_000 };
const leases: LeaseStore = {
  ...{ view: new LeaseTable(), list: () => [], entries: () => [], live: () => 0, clock },
  ...{ hold() {}, async commit() {}, async close() {}, problem: () => undefined },
};

/** Everything that a machine sent to port 67 while it booted beside dnsmasq, on a server that is a proxy. */
async function replay(name: string) {
  const sockets = createMemorySockets();
  const sightings: DhcpSighting[] = [];
  const server = createDhcp4Server({
    ...{ sockets, leases, clock, log: silentLogger },
    interfaces: () => [{ name: 'eth0', mac: '52:54:00:ff:00:01', addresses: [] }],
    backend: {
      networkOf: () => network,
      networkOfRelay: () => undefined,
      reservation: () => undefined,
      boot: (client) =>
        selectBootFile(client, {
          ...{ tftpServer: '10.81.1.1', httpBase: 'http://10.81.1.1:7480', mac: client.mac },
        }),
      seen: (sighting) => sightings.push(sighting),
    },
  });
  await server.listen('eth0');
  for (const { port, from, bytes } of recordedBoot(name)) {
    if (port === 67) sockets.deliver({ device: 'eth0', port }, bytes, { address: from, port: 68 });
  }
  await server.close();
  return { sockets, sightings };
}

it.each([
  'bios-ipxe-rom-proxy',
  'bios-pxe-proxy',
  'uefi-pxe-proxy',
  'uefi-http-proxy',
  'uefi-ipxe-rom-proxy',
])(
  '%s: each DISCOVER is answered, each REQUEST is another server’s, and iPXE alone hears that there is no IPv6 router',
  async (name) => {
    const { sockets, sightings } = await replay(name);
    const rounds = /ipxe-rom/.test(name)
      ? ['iPXE']
      : [name.startsWith('uefi-http') ? 'HTTPClient' : 'PXE', 'iPXE'];
    expect(sockets.sent.map(({ to }) => to)).toEqual(
      rounds.map(() => ({ address: '255.255.255.255', port: 68 })),
    );
    expect(sightings.map(({ client, overheard }) => [client, overheard])).toEqual(
      rounds.map((client) => [client, true]),
    );
    expect(sockets.ipv6.map(({ device, mac }) => [device, mac])).toEqual([['eth0', sightings[0]?.mac]]);
  },
);
