import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/domain/clock.ts';
import { ipv4ToNumber } from '../../../src/domain/net/address.ts';
import { cidrContains, parseCidr } from '../../../src/domain/net/cidr.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { openBootTokens } from '../../../src/rack/boot-token/boot-tokens.ts';
import { selectBootFile } from '../../../src/rack/dhcp4/boot-file.ts';
import { openLeaseStore } from '../../../src/rack/dhcp4/leases/store.ts';
import { decodePacket, encodePacket } from '../../../src/rack/dhcp4/packet.ts';
import { createPingCheck } from '../../../src/rack/dhcp4/ping-check.ts';
import type { DhcpBackend, DhcpNetwork } from '../../../src/rack/dhcp4/ports.ts';
import { createBootServer } from '../../../src/rack/dhcp4/proxy-server.ts';
import { createDhcp4Server } from '../../../src/rack/dhcp4/server.ts';
import { debianLoaderPaths, loadLoaders } from '../../../src/rack/http-boot/loaders.ts';
import { createRackHttpServer } from '../../../src/rack/http-boot/server.ts';
import { createSightings } from '../../../src/rack/http-boot/sightings.ts';
import { createImageCache } from '../../../src/rack/images/image-cache.ts';
import { createFileSender } from '../../../src/rack/net/native-file-sender.ts';
import { createRawSocketFactory, createSocketFactory } from '../../../src/rack/net/socket-factory.ts';
import type { SocketFactory } from '../../../src/rack/net/sockets.ts';
import { createTftpServer } from '../../../src/rack/tftp/server.ts';
import { aMachine, createFakeMachines, expecting } from '../rack-http/fake-machines.ts';

/*
 * The boot services as `src/bin/rack.ts` wires them, with a fixed world in place of the API server. Its argument is the
 * path of a configuration file. It prints JSON log lines, and `rack ready` when everything is served.
 */

/** What the configuration file says. */
export interface FirmwareRackConfig {
  directory: string;
  device: string;
  address: string;
  httpPort: number;
  /** The network of the device. */
  near: DhcpNetwork;
  /** Networks that are reached through relays. */
  relayed: DhcpNetwork[];
  /** Machines that are expected to boot the ephemeral OS, by MAC address. */
  machines: Record<string, string>;
  kernel: string;
  initrd: string;
  /** Every datagram that comes in is appended here: port, sender and bytes in hex, one a line. */
  record: string;
}

const config: FirmwareRackConfig = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const { device, address, httpPort } = config;
const clock = systemClock;
const log = createLogger('firmware-rack', 'debug');

const machines = createFakeMachines();
for (const [mac, name] of Object.entries(config.machines)) {
  machines.machines.set(name, aMachine(name, mac, expecting('Inventory')));
}
const report = machines.reportBoot;
machines.reportBoot = (machine, boot) => {
  log.info({ machine, ...boot }, 'boot report');
  report(machine, boot);
};
const sources = new Map(
  [config.kernel, config.initrd].map((path) => {
    const bytes = readFileSync(path);
    const digest = createHash('sha256').update(bytes).digest('hex');
    return [digest, { source: { file: { path } }, sizeBytes: bytes.length }];
  }),
);
const [kernelDigest = '', initrdDigest = ''] = sources.keys();
machines.ephemeral = { kernelDigest, initrdDigest, kernelArguments: [] };

const sightings = createSightings({ clock });
const all = [config.near, ...config.relayed];
const backend: DhcpBackend = {
  networkOf: (name) => (name === device ? config.near : undefined),
  networkOfRelay: (giaddr) =>
    all.find(({ subnets }) =>
      subnets.some(({ cidr }) =>
        cidrContains(parseCidr(cidr), { family: 4, value: BigInt(ipv4ToNumber(giaddr) ?? 0) }),
      ),
    ),
  reservation: () => undefined,
  boot: (client, subnet) =>
    selectBootFile(client, {
      tftpServer: subnet.serverAddress,
      httpBase: `http://${subnet.serverAddress}:${httpPort}`,
      mac: client.mac,
    }),
  seen(sighting) {
    sightings.seen(sighting);
    log.info(sighting, 'seen');
  },
};

const sockets = recording(await createSocketFactory(log), config.record);
const leases = await openLeaseStore({ directory: join(config.directory, 'leases'), clock, log });
const raw = await createRawSocketFactory(log);
const bootServer = createBootServer({ backend, sockets, log });
const ping = raw && createPingCheck({ raw, log });
const dhcp = createDhcp4Server({ backend, sockets, leases, clock: leases.clock, log, ping, bootServer });
const loaders = await loadLoaders(debianLoaderPaths);
const tftp = createTftpServer({
  files: (name) => loaders.files.get(name),
  known: (source) => sightings.byAddress(source) !== undefined,
  finished: (transfer) => log.info({ transfer }, 'TFTP transfer'),
  ...{ sockets, clock, log },
});
const images = await createImageCache({
  directory: join(config.directory, 'images'),
  maxBytes: 64 * 1024 ** 2,
  sources: (digest) => sources.get(digest),
  log,
  clock,
});
const tokens = await openBootTokens({ path: join(config.directory, 'boot-tokens.json'), clock, log });
const sender = createFileSender();
const http = createRackHttpServer({ machines, images, loaders, tokens, sightings, clock, log, sender });

await Promise.all([kernelDigest, initrdDigest].map((digest) => images.ensure(digest)));
await dhcp.listen(device);
await bootServer.listen(device);
await tftp.listen({ address, device });
await http.listen({ address, port: httpPort });
console.log('rack ready');

process.once('SIGTERM', async () => {
  await Promise.all([dhcp.close(), bootServer.close(), tftp.close(), http.close()]);
  await Promise.all([leases.close(), images.close(), tokens.close()]);
  console.log('rack closed');
});

function recording(factory: SocketFactory, path: string): SocketFactory {
  return {
    openLinkSender: (options) => factory.openLinkSender(options),
    async openUdp4(options) {
      const socket = await factory.openUdp4(options);
      const { port } = socket;
      return {
        ...socket,
        onMessage: (listener) =>
          socket.onMessage((sent, peer) => {
            const data = port === 67 ? withoutMarksOfIpxe(sent) : sent;
            appendFileSync(path, `${port} ${peer.address} ${Buffer.from(data).toString('hex')}\n`);
            listener(data, peer);
          }),
      };
    },
  };
}

/** Where iPXE plays the ROM of a BIOS (it says so by user class `PXE`), what a ROM does not say is taken out. */
function withoutMarksOfIpxe(data: Uint8Array): Uint8Array {
  const packet = decodePacket(data);
  const userClass = packet.options.get(77);
  if (userClass === undefined || Buffer.from(userClass).toString() !== 'PXE') return data;
  packet.options.delete(77);
  packet.options.delete(175);
  return encodePacket(packet, { maximum: 1472 });
}
