import { join } from 'node:path';
import { messageOf } from '../../errors/coded-error.ts';
import { createForeignWatch } from '../../rack/dhcp4/foreign-watch.ts';
import { openLeaseStore } from '../../rack/dhcp4/leases/store.ts';
import { createPingCheck } from '../../rack/dhcp4/ping-check.ts';
import { createBootServer } from '../../rack/dhcp4/proxy-server.ts';
import { createDhcp4Server } from '../../rack/dhcp4/server.ts';
import { listInterfaces } from '../../rack/net/interfaces.ts';
import { createRawSocketFactory } from '../../rack/net/socket-factory.ts';
import type { SocketFactory } from '../../rack/net/sockets.ts';
import { createRackSlices } from '../../rack/slices/rack-slices.ts';
import type { SupervisedService } from '../../rack/supervisor.ts';
import type { RackNetworks } from '../../rack/world/dhcp-backend.ts';
import { isRack } from '../../rack/world/racks.ts';
import type { RackCore } from './core.ts';

/** DHCP with its leases and slices, the PXE boot server, and the watch for foreign servers. */
export type Dhcp = Awaited<ReturnType<typeof openDhcp>>;

export async function openDhcp(core: RackCore, networks: RackNetworks, sockets: SocketFactory) {
  const { config, client, world, namespace, rackName, clock, log, liveness, meters } = core;
  const { backend } = networks;
  const leases = await openLeaseStore({ directory: join(config.stateDirectory, 'leases'), clock, log });
  const raw = await createRawSocketFactory(log);
  const bootServer = createBootServer({ backend, sockets, log });
  const ping = raw && config.dhcpPingCheck ? createPingCheck({ raw, log }) : undefined;
  const slices = createRackSlices({
    ...{ client, world, namespace, rackName, memory: leases, clock, log, term: config.slices },
    attachments: () => networks.attachments(),
    isAlive: liveness.isAlive,
  });
  const server = createDhcp4Server({
    ...{ backend, sockets, leases, clock: leases.clock, log, ping, bootServer, tenure: slices },
    meter: meters,
  });
  const foreign =
    raw &&
    createForeignWatch({
      ...{ raw, sockets, clock, log, probeMs: config.dhcpProbeMs },
      interfaces: () => listInterfaces(),
      isOurs: (address) => isRack(world, address),
    });

  const services: SupervisedService[] = [
    {
      name: 'Dhcp4',
      ports: [{ protocol: 'udp', number: 67 }],
      async begin({ device }) {
        await server.listen(device);
        try {
          foreign?.watch(device);
        } catch (error) {
          log.warn({ device, error: messageOf(error) }, 'foreign DHCP servers are not noticed');
        }
      },
      async end({ device }) {
        foreign?.unwatch(device);
        await server.unlisten(device);
      },
    },
    {
      name: 'Pxe',
      ports: [{ protocol: 'udp', number: 4011 }],
      begin: ({ device }) => bootServer.listen(device),
      end: ({ device }) => bootServer.unlisten(device),
    },
  ];

  return {
    services,
    leases,
    slices,
    /** Servers that are none of ours, each on the VLAN that it was seen on. */
    foreignServers: () =>
      (foreign?.list() ?? []).flatMap((seen) => {
        const attached = networks.attachments().find((entry) => entry.interface.name === seen.device);
        return attached?.vlan === undefined ? [] : [{ ...seen, vlan: attached.vlan }];
      }),
    async stop() {
      foreign?.close();
      ping?.close();
      await Promise.all([server.close(), bootServer.close()]);
      await slices.stop();
      await leases.close();
    },
  };
}
