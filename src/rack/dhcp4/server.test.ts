import { afterEach, describe, expect, it } from 'vitest';
import {
  address,
  aRequestOnTheWire,
  captured,
  type RequestOptions,
} from '../../../test/fixtures/packets/dhcp4.ts';
import { CodedError } from '../../errors/coded-error.ts';
import { type Logger, silentLogger } from '../../log/logger.ts';
import { type Dhcp4Meter, RackMeters } from '../../metrics/rack-meters.ts';
import { createMemorySockets } from '../net/memory-sockets.ts';
import { selectBootFile } from './boot-file.ts';
import { LeaseTable } from './leases/lease-table.ts';
import type { LeaseStore } from './leases/store.ts';
import { messageType, option, readNumber } from './options.ts';
import { decodePacket } from './packet.ts';
import type { DhcpBackend, DhcpNetwork, DhcpSighting } from './ports.ts';
import { createDhcp4Server } from './server.ts';

function network(number: number): DhcpNetwork {
  return {
    vlan: `vlan-${number}`,
    subnets: [
      {
        name: `net-${number}`,
        cidr: `10.0.${number}.0/24`,
        dnsServers: [],
        ntpServers: [],
        dynamicRanges: [{ start: `10.0.${number}.100`, end: `10.0.${number}.100` }],
        leaseSeconds: 600,
        serverAddress: `10.0.${number}.1`,
        bootDisabled: false,
      },
    ],
  };
}

/** A server on eth1 and eth2 whose disk the test holds back. */
async function aRack(
  options: { linkSenders?: boolean; backend?: Partial<DhcpBackend>; log?: Logger; meter?: Dhcp4Meter } = {},
) {
  const sockets = createMemorySockets(options);
  const table = new LeaseTable();
  const sightings: DhcpSighting[] = [];
  const disk = { write: async () => {} };
  const leases: LeaseStore = {
    view: table,
    hold: (entry) => table.put(entry),
    commit(entry) {
      table.put(entry);
      return disk.write();
    },
    list: () => [],
    entries: () => [],
    live: () => table.size,
    problem: () => undefined,
    clock: { now: () => state.now },
    close: async () => {},
  };
  const state = { now: 1_800_000_000_000 };
  const networks = new Map([1, 2].map((number) => [`eth${number}`, network(number)]));
  const server = createDhcp4Server({
    backend: {
      networkOf: (device) => networks.get(device),
      networkOfRelay: (giaddr) => (giaddr.startsWith('10.0.9.') ? network(9) : undefined),
      reservation: () => undefined,
      boot: (client) =>
        selectBootFile(client, { tftpServer: '10.0.1.1', httpBase: 'http://10.0.1.1:7480', mac: client.mac }),
      seen: (sighting) => sightings.push(sighting),
      ...options.backend,
    },
    sockets,
    leases,
    clock: { now: () => state.now },
    log: options.log ?? silentLogger,
    meter: options.meter,
    interfaces: () => [{ name: 'eth1', mac: '52:54:00:ff:00:01', addresses: [] }],
  });
  await server.listen('eth1');
  await server.listen('eth2');
  const send = (device: string, data: Uint8Array, from = '0.0.0.0'): void => {
    sockets.deliver({ device, port: 67 }, data, { address: from, port: 68 });
  };
  const ask = (device: string, wanted: RequestOptions = {}, from?: string): void =>
    send(device, aRequestOnTheWire(wanted), from);
  const types = (): (number | undefined)[] =>
    sockets.sent.map(({ data }) => readNumber(decodePacket(data).options, option.messageType));
  return { server, sockets, ask, send, types, disk, sightings, state };
}

const select = { type: messageType.request, options: { 50: address('10.0.1.100'), 54: address('10.0.1.1') } };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the DHCPv4 server', () => {
  let rack: Awaited<ReturnType<typeof aRack>>;
  afterEach(() => rack.server.close());

  it('answers on the interface that the packet came in on, from its network', async () => {
    rack = await aRack();
    rack.ask('eth2');
    rack.ask('eth1');
    expect(rack.sockets.sent.map(({ device, to }) => [device, to.address])).toEqual([
      ['eth2', '10.0.2.100'],
      ['eth1', '10.0.1.100'],
    ]);
  });

  it('sends to the hardware address of a client without an address', async () => {
    rack = await aRack();
    rack.ask('eth1');
    expect(rack.sockets.sent).toMatchObject([{ mac: '52:54:00:00:00:01', from: 67, to: { port: 68 } }]);
  });

  it('broadcasts when it is asked to, or when there are no packet sockets', async () => {
    rack = await aRack();
    rack.ask('eth1', { flags: 0x8000 });
    const plain = await aRack({ linkSenders: false });
    plain.ask('eth1');
    for (const { sent } of [rack.sockets, plain.sockets]) {
      expect(sent).toMatchObject([{ to: { address: '255.255.255.255', port: 68 } }]);
    }
    await plain.server.close();
  });

  it('acknowledges only when the lease is on disk', async () => {
    rack = await aRack();
    let written = (): void => {};
    rack.disk.write = () => new Promise((resolve) => (written = resolve));
    rack.ask('eth1', select);
    await settled();
    expect(rack.types()).toEqual([]);
    written();
    await settled();
    expect(rack.types()).toEqual([messageType.ack]);
    expect(rack.sightings).toMatchObject([{ stage: 'Ack', address: '10.0.1.100', device: 'eth1' }]);
  });

  it('acknowledges nothing when the disk fails, and goes on', async () => {
    rack = await aRack();
    rack.disk.write = () => Promise.reject(new CodedError('LeaseNotStored', 'no space'));
    rack.ask('eth1', select);
    await settled();
    expect(rack.types()).toEqual([]);
    rack.ask('eth2');
    expect(rack.types()).toEqual([messageType.offer]);
  });

  it('answers a relay at its server port', async () => {
    rack = await aRack();
    rack.ask('eth1', { giaddr: '10.0.9.1' });
    expect(rack.sockets.sent).toMatchObject([{ device: 'eth1', to: { address: '10.0.9.1', port: 67 } }]);
  });

  it('knows a relayed client by its address when it renews past the relay', async () => {
    rack = await aRack();
    rack.ask('eth1', { type: messageType.request, ciaddr: '10.0.9.100' }, '10.0.9.100');
    await settled();
    expect(rack.types()).toEqual([messageType.ack]);
  });

  it('does not take a client of its own interface for a relayed one when it renews', async () => {
    rack = await aRack({ backend: { networkOfRelay: () => network(9) } });
    rack.ask('eth2', { type: messageType.request, ciaddr: '10.0.2.100' }, '10.0.2.100');
    await settled();
    expect(rack.types()).toEqual([messageType.ack]);
  });

  it('does not answer on a network that is not served', async () => {
    rack = await aRack({ backend: { networkOf: () => undefined } });
    rack.ask('eth1');
    expect(rack.sockets.sent).toEqual([]);
  });

  it('survives bytes that are no DHCP, and a backend that throws', async () => {
    rack = await aRack({
      backend: {
        reservation: () => {
          throw new Error('broken');
        },
      },
    });
    rack.send('eth1', Uint8Array.of(1, 2, 3));
    rack.ask('eth1');
    expect(rack.sockets.sent).toEqual([]);
  });

  it('tells iPXE, and nobody else, that no IPv6 router will come', async () => {
    rack = await aRack();
    rack.ask('eth1');
    rack.send('eth1', captured('dhcp4-discover-pxe-uefi'));
    expect(rack.sockets.ipv6).toEqual([]);
    rack.state.now += 60_000;
    rack.send('eth1', captured('dhcp4-discover-ipxe-bios'));
    expect(rack.sockets.ipv6).toMatchObject([{ device: 'eth1', mac: '52:54:00:79:00:01' }]);
  });

  it('says once a minute that a range is full, and that an architecture has no loader', async () => {
    const messages: string[] = [];
    const log = { ...silentLogger, warn: (_fields: object, message: string) => messages.push(message) };
    rack = await aRack({ log });
    for (const last of ['1', '2', '3']) rack.ask('eth1', { mac: `52:54:00:00:00:0${last}` });
    expect(messages).toEqual([expect.stringContaining('no free address')]);
    rack.state.now += 60_000;
    const vendor = Uint8Array.from('PXEClient:Arch:00006', (character) => character.charCodeAt(0));
    rack.ask('eth1', { mac: '52:54:00:00:00:04', options: { 60: vendor, 93: Uint8Array.of(0, 6) } });
    expect(messages[1]).toContain('no loader');
  });

  it('counts and says once a minute that an option cannot be sent as it is set', async () => {
    const messages: string[] = [];
    const log = { ...silentLogger, warn: (_fields: object, message: string) => messages.push(message) };
    const meter = new RackMeters();
    const { subnets } = network(1);
    const options = [{ code: 26, text: 'large' }];
    const broken = { vlan: 'vlan-1', subnets: subnets.map((subnet) => ({ ...subnet, options })) };
    rack = await aRack({ log, meter, backend: { networkOf: () => broken } });
    rack.ask('eth1');
    rack.ask('eth1');
    expect(messages).toEqual(['DHCP options that cannot be sent as they are set']);
    expect(meter.dhcp4Unsent.of('Invalid').value).toBe(2);
  });

  it('stops answering on an interface, and can start again', async () => {
    rack = await aRack();
    await rack.server.unlisten('eth1');
    rack.ask('eth1');
    expect(rack.sockets.sent).toEqual([]);
    await rack.server.listen('eth1');
    rack.ask('eth1');
    expect(rack.types()).toEqual([messageType.offer]);
  });

  it('reports a port that is taken and leaves the other interfaces as they are', async () => {
    rack = await aRack();
    await rack.sockets.openUdp4({ device: 'eth3', port: 67 });
    await expect(rack.server.listen('eth3')).rejects.toMatchObject({ code: 'PortInUse' });
    rack.ask('eth1');
    expect(rack.types()).toEqual([messageType.offer]);
  });
});
