import { join } from 'node:path';
import type { EphemeralImage } from '../../../images/ephemeral/build.ts';
import { bootImageKind } from '../../../src/api/boot-image/schema.ts';
import { ipAddressKind } from '../../../src/api/ip-address/schema.ts';
import { machineKind } from '../../../src/api/machine/schema.ts';
import { subnetKind } from '../../../src/api/subnet/schema.ts';
import { vlanKind } from '../../../src/api/vlan/schema.ts';
import { openFiles } from '../../../src/bin/rack/files.ts';
import { openPower } from '../../../src/bin/rack/power.ts';
import { openReports } from '../../../src/bin/rack/reports.ts';
import { RackConfiguration } from '../../../src/config/rack.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { secrets } from '../../../src/kube/core-resources.ts';
import { createMemoryClient, type MemoryClient } from '../../../src/kube/memory-client.ts';
import { createLogger } from '../../../src/log/logger.ts';
import { RackMeters } from '../../../src/metrics/rack-meters.ts';
import { createSightings } from '../../../src/rack/http-boot/sightings.ts';
import { createSocketFactory } from '../../../src/rack/net/socket-factory.ts';
import { createWorld } from '../../../src/rack/world/world.ts';
import { aBootImage, aMachine, anAddress, aSubnet, aVlan } from '../../fixtures/objects.ts';
import type { TestDomain } from './virtual-machine.ts';

export const namespace = 'metalwright-system';
const rackName = 'rack-vmedia';

/** A rack as `src/bin/rack.ts` wires it, without DHCP, TFTP and a real API server. */
export interface TestRack {
  client: MemoryClient;
  events: { reason: string; message: string }[];
  stop(): Promise<void>;
}

/** What the ISO is made of. */
export type TestImage = Pick<EphemeralImage, 'kernel' | 'initrd' | 'kernelArguments'>;

/** What there is in the cluster: the ephemeral OS, a network, and BMC credentials. */
export async function createTestCluster(
  image: TestImage,
  network: { cidr: string },
  credentials: { username: string; password: string },
): Promise<MemoryClient> {
  const client = createMemoryClient();
  await client.create(vlanKind, aVlan({ name: 'v' }));
  await client.create(subnetKind, aSubnet({ name: 's', spec: { vlan: 'v', cidr: network.cidr } }));
  const files = [
    { role: 'Kernel', ...image.kernel },
    { role: 'Initrd', ...image.initrd },
  ] as const;
  const boot = aBootImage({
    name: 'ephemeral',
    spec: {
      purpose: 'Ephemeral',
      artifacts: files.map(({ role, path }) => ({ role, source: { file: { path } }, format: 'Raw' })),
      kernelArguments: image.kernelArguments,
    },
  });
  await client.create(bootImageKind, boot);
  const artifacts = files.map(({ role, sha256, sizeBytes }) => ({
    ...{ role, sizeBytes, digest: `sha256:${sha256}` },
  }));
  await client.applyStatus(
    bootImageKind,
    { metadata: { name: 'ephemeral' }, status: { artifacts } },
    { fieldManager: 'test' },
  );
  const data = Object.fromEntries(
    Object.entries(credentials).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  await client.create(secrets, { metadata: { name: 'bmc', namespace }, data });
  return client;
}

/** A machine that is to boot from virtual media into an inventory, and its address. */
export async function orderInventory(
  client: MemoryClient,
  domain: TestDomain,
  bmc: { address: string; fingerprint: string },
  address: string,
): Promise<void> {
  const { name, mac } = domain;
  await client.create(ipAddressKind, anAddress(address, { spec: { subnet: 's', mac } }));
  await client.create(
    machineKind,
    aMachine({
      name,
      spec: {
        macAddresses: [mac],
        approved: true,
        bootMode: name.endsWith('uefi') ? 'UEFI' : 'BIOS',
        boot: { method: 'VirtualMedia', taggedVlan: false },
        bmc: {
          ...{ driver: 'redfish', address: bmc.address, credentialsSecret: 'bmc' },
          parameters: { systemUuid: domain.uuid },
          tls: { fingerprint: bmc.fingerprint },
        },
      },
    }),
  );
  const now = Date.now();
  await client.applyStatus(
    machineKind,
    {
      metadata: { name },
      status: {
        phase: 'Commissioning',
        boot: {
          ...{ generation: 1, target: 'EphemeralOS' },
          expiresAt: new Date(now + 30 * 60_000).toISOString(),
        },
        task: { id: 'g1-inventory', generation: 1, kind: 'Inventory' },
        power: {
          request: {
            ...{ id: 'g1-boot', action: 'Cycle', boot: 'VirtualMedia' },
            requestedAt: new Date(now).toISOString(),
          },
        },
      },
    },
    { fieldManager: 'test' },
  );
}

/** Starts the rack's HTTP side at an address, and its power side. */
export async function startTestRack(
  client: MemoryClient,
  at: { directory: string; device: string; address: string; port: number; imageDirectories: string },
): Promise<TestRack> {
  const log = createLogger('rack', 'warn');
  const config = RackConfiguration.parse({
    METALWRIGHT_STATE_DIR: join(at.directory, 'rack'),
    METALWRIGHT_HTTP_PORT: String(at.port),
    METALWRIGHT_IMAGE_DIRS: at.imageDirectories,
    METALWRIGHT_BMC_PACE_MS: '200',
  });
  const world = createWorld(client, log);
  const seen: TestRack['events'] = [];
  const liveness = {
    isAlive: (rack: string) => rack === rackName,
    first: () => rackName,
    live: () => [rackName],
    start() {},
    async synced() {},
    async stop() {},
  };
  const core = {
    ...{ config, rackName, namespace, clock: systemClock, log, client, world, liveness },
    events: {
      event: (_about: unknown, _type: string, reason: string, message: string) =>
        void seen.push({ reason, message }),
      async stop() {},
    },
    meters: new RackMeters(),
    sightings: createSightings({ clock: systemClock }),
  };
  const reports = await openReports(core);
  const loaders = { files: new Map(), modifiedAt: new Map(), missing: [] };
  const files = await openFiles(core, loaders, reports.machines, await createSocketFactory(log));
  const power = openPower(core, () => true, {
    ...{ files, machines: reports.machines },
    addresses: () => [at.address],
  });
  world.start();
  await world.synced();
  reports.outbox.start();
  const http = files.services.find(({ name }) => name === 'Http');
  await http?.begin({ device: at.device, address: at.address });
  power.start();
  return {
    client,
    events: seen,
    async stop() {
      await power.stop();
      await files.stop();
      await reports.outbox.stop();
      await world.stop();
    },
  };
}
