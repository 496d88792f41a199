#!/usr/bin/env node
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { parseConfiguration } from '../config/parse.ts';
import { RackConfiguration } from '../config/rack.ts';
import { isInside } from '../domain/boot/file-source.ts';
import { systemClock } from '../domain/clock.ts';
import { messageOf } from '../errors/coded-error.ts';
import { createKubeClient } from '../kube/client.ts';
import { createEventRecorder } from '../kube/events.ts';
import { systemTimers } from '../kube/timers.ts';
import { createLogger } from '../log/logger.ts';
import { RackMeters } from '../metrics/rack-meters.ts';
import { createAdmin } from '../rack/admin/admin.ts';
import { openBootTokens } from '../rack/boot-token/boot-tokens.ts';
import { createForeignWatch } from '../rack/dhcp4/foreign-watch.ts';
import { openLeaseStore } from '../rack/dhcp4/leases/store.ts';
import { createPingCheck } from '../rack/dhcp4/ping-check.ts';
import type { DhcpSighting } from '../rack/dhcp4/ports.ts';
import { createBootServer } from '../rack/dhcp4/proxy-server.ts';
import { createDhcp4Server } from '../rack/dhcp4/server.ts';
import { createFairShare } from '../rack/http/fair-share.ts';
import type { AnsweredRequest, ConnectionRefusal } from '../rack/http/observe.ts';
import { createCertificateWatch } from '../rack/http-boot/certificate/certificate-watch.ts';
import { loaderPaths, loadLoaders } from '../rack/http-boot/loaders.ts';
import { createHttpServices } from '../rack/http-boot/services.ts';
import { createSightings } from '../rack/http-boot/sightings.ts';
import { createImageCache } from '../rack/images/image-cache.ts';
import { createNeighbours } from '../rack/images/neighbours.ts';
import { listInterfaces } from '../rack/net/interfaces.ts';
import { createFileSender } from '../rack/net/native-file-sender.ts';
import { createRawSocketFactory, createSocketFactory } from '../rack/net/socket-factory.ts';
import { createBmcLock, defaultBmcPacing } from '../rack/power/bmc-lock.ts';
import { delay } from '../rack/power/delay.ts';
import { createPowerPoller } from '../rack/power/poller.ts';
import { createPowerRequests } from '../rack/power/requests.ts';
import { defaultPowerTimings } from '../rack/power/steps.ts';
import { createBootReports } from '../rack/reports/boot-reports.ts';
import { deliverReport } from '../rack/reports/deliver.ts';
import { createImageHolder } from '../rack/reports/held-images.ts';
import { findArtifact } from '../rack/reports/images.ts';
import { listNeighbours } from '../rack/reports/list-neighbours.ts';
import { createRackMachines } from '../rack/reports/machines.ts';
import { createOutbox } from '../rack/reports/outbox.ts';
import { createOutboxFiles } from '../rack/reports/outbox-files.ts';
import { createHeartbeat } from '../rack/self/heartbeat.ts';
import { createRackLiveness } from '../rack/self/liveness.ts';
import { createRackSlices } from '../rack/slices/rack-slices.ts';
import { createSupervisor, type SupervisedService, servedInterfaces } from '../rack/supervisor.ts';
import type { TftpServer } from '../rack/tftp/ports.ts';
import { createTftpServer } from '../rack/tftp/server.ts';
import { createDhcpBackend } from '../rack/world/dhcp-backend.ts';
import { isRack } from '../rack/world/racks.ts';
import { createSnapshotKeeper, loadSnapshot } from '../rack/world/snapshot-file.ts';
import { awaitWorld } from '../rack/world/start-world.ts';
import { createWorld, machineByMac } from '../rack/world/world.ts';
import { emptyWorld } from '../rack/world/world-objects.ts';
import { run } from './run.ts';

/** The rack: DHCP, TFTP, HTTP boot, the agent's API and power for the networks that its node is wired to. */
async function start(): Promise<{ stop(): Promise<void> }> {
  const config = parseConfiguration(RackConfiguration, process.env);
  const { name: rackName, namespace } = config;
  const clock = systemClock;
  const log = createLogger('rack', config.logLevel);
  await mkdir(config.stateDirectory, { recursive: true, mode: 0o700 });

  const client = createKubeClient({ kubeconfigPath: config.kubeconfig });
  const events = createEventRecorder({ client, component: 'metalwright.dev/rack', instance: rackName, log });
  const meters = new RackMeters();
  const snapshotPath = join(config.stateDirectory, 'world.jsonl');
  const snapshot = await loadSnapshot(snapshotPath, log);
  const world = createWorld(
    client,
    log,
    snapshot.kind === 'Loaded' ? snapshot.snapshot.objects : emptyWorld(),
  );
  const keeper = createSnapshotKeeper({ path: snapshotPath, objects: () => world.objects(), clock, log });
  const sightings = createSightings({ clock });
  const outboxFiles = createOutboxFiles(join(config.stateDirectory, 'outbox'), log);
  const outbox = createOutbox({
    deliver: (machine, entry) => deliverReport(machine, entry, { client, rackName, clock }),
    files: outboxFiles,
    initial: await outboxFiles.load(),
    log,
  });
  const bootReports = createBootReports({ outbox, world });

  const seen = (sighting: DhcpSighting): void => {
    sightings.seen(sighting);
    const machine = machineByMac(world, sighting.mac);
    if (machine === undefined || sighting.stage !== 'Ack') return;
    const { mac, vlan, subnet, address, architecture } = sighting;
    bootReports.report(machine.metadata.name, {
      generation: machine.status?.boot?.generation ?? 0,
      stage: 'Dhcp',
      at: new Date(clock.now()).toISOString(),
      mac,
      vlan,
      subnet,
      address,
      ...(architecture === undefined ? {} : { architecture }),
    });
  };

  const networks = createDhcpBackend({
    world,
    rackName,
    interfaces: config.interfaces,
    listInterfaces: () => listInterfaces(),
    httpPort: config.httpPort,
    httpsBootPort: () => http.httpsBootPort(),
    hasLoader: (loader) => loaders.files.has(loader),
    seen,
  });
  const sender = createFileSender();
  const sockets = await createSocketFactory(log);
  const leases = await openLeaseStore({ directory: join(config.stateDirectory, 'leases'), clock, log });
  const raw = await createRawSocketFactory(log);
  const { backend } = networks;
  const bootServer = createBootServer({ backend, sockets, log });
  const ping = raw && config.dhcpPingCheck ? createPingCheck({ raw, log }) : undefined;
  const liveness = createRackLiveness({ client, namespace, clock, log });
  const slices = createRackSlices({
    ...{ client, world, namespace, rackName, memory: leases, clock, log, term: config.slices },
    attachments: () => networks.attachments(),
    isAlive: liveness.isAlive,
  });
  const dhcp = createDhcp4Server({
    ...{ backend, sockets, leases, clock: leases.clock, log, ping, bootServer, tenure: slices },
    meter: meters,
  });
  const foreign =
    raw &&
    createForeignWatch({
      ...{ raw, sockets, clock, log, probeMs: config.dhcpProbeMs },
      interfaces: () => listInterfaces(),
      isOurs: (server) => isRack(world, server),
    });
  const loaders = await loadLoaders(loaderPaths(config.loadersDirectory));
  for (const missing of loaders.missing) log.warn({}, missing);
  const images = await createImageCache({
    directory: join(config.stateDirectory, 'images'),
    maxBytes: config.imageCacheBytes,
    sources: (digest) => {
      const found = findArtifact(world.images.list(), digest);
      const path = found?.source.file?.path;
      return path === undefined || isInside(config.imageDirectories, path) ? found : undefined;
    },
    neighbours: createNeighbours({
      list: (digest) => listNeighbours(world, rackName, liveness.isAlive, digest),
      ...{ self: rackName, clock },
    }),
    observer: {
      lookedUp: (held) => meters.imageLookedUp(held),
      fetched: (fetched) => meters.imageFetched(fetched),
      failed: (code) => meters.imageFailed(code),
      evicted: (bytes) => meters.imageGone(bytes),
    },
    log,
    clock,
  });
  const tokens = await openBootTokens({ path: join(config.stateDirectory, 'boot-tokens.json'), clock, log });
  const machines = createRackMachines({
    client,
    world,
    bootReports,
    outbox,
    events,
    rackName,
    namespace,
    autoApprove: config.autoApprove,
    clock,
  });

  const httpObserver = {
    answered: (request: AnsweredRequest) => meters.httpAnswered(request),
    refused: (why: ConnectionRefusal) => meters.httpRefusal(why),
  };
  const certificates =
    config.https === undefined
      ? undefined
      : createCertificateWatch({ client, namespace, secretName: config.https.secretName, clock, log });
  const http = createHttpServices({
    server: {
      ...{ machines, images, loaders, tokens, sightings, clock, log, sender },
      share: createFairShare({ timers: systemTimers, bytesPerSecond: config.httpBytesPerSecond }),
      observer: httpObserver,
    },
    httpPort: config.httpPort,
    https:
      config.https === undefined || certificates === undefined
        ? undefined
        : { port: config.https.port, boot: config.https.boot, certificates },
  });
  const tftpServers = new Map<string, TftpServer>();
  const services: SupervisedService[] = [
    {
      name: 'Dhcp4',
      ports: [{ protocol: 'udp', number: 67 }],
      async begin({ device }) {
        await dhcp.listen(device);
        try {
          foreign?.watch(device);
        } catch (error) {
          log.warn({ device, error: messageOf(error) }, 'foreign DHCP servers are not noticed');
        }
      },
      async end({ device }) {
        foreign?.unwatch(device);
        await dhcp.unlisten(device);
      },
    },
    {
      name: 'Pxe',
      ports: [{ protocol: 'udp', number: 4011 }],
      begin: ({ device }) => bootServer.listen(device),
      end: ({ device }) => bootServer.unlisten(device),
    },
    {
      name: 'Tftp',
      ports: [{ protocol: 'udp', number: 69 }],
      perAddress: true,
      async begin({ device, address }) {
        const server = createTftpServer({
          files: (file) => loaders.files.get(file),
          known: (source) => sightings.byAddress(source) !== undefined,
          finished: (transfer) => meters.tftpFinished(transfer),
          refused: (refusal) => meters.tftpRefusal(refusal),
          sockets,
          clock,
          log,
        });
        await server.listen({ address, device });
        tftpServers.set(address, server);
      },
      async end({ address }) {
        await tftpServers.get(address)?.close();
        tftpServers.delete(address);
      },
    },
    ...http.services,
  ];
  const supervisor = createSupervisor({
    services,
    attachments: () => networks.attachments(),
    disabled: () => world.racks.get(rackName)?.spec.disabledServices ?? [],
    log,
    intervalMs: 5_000,
  });

  const powerDeps = {
    client,
    world,
    rackName,
    namespace,
    isAlive: liveness.isAlive,
    isCurrent: () => heartbeat.isCurrent(),
    events,
    lock: createBmcLock({ clock, delay, pacing: { ...defaultBmcPacing, ...paceOf(config.bmcPaceMs) } }),
    timings: {
      ...defaultPowerTimings,
      pollMs: Math.min(defaultPowerTimings.pollMs, Math.max(250, config.bmcPaceMs)),
    },
    clock,
    log,
  };
  const powerRequests = createPowerRequests({
    ...powerDeps,
    finished: (operation) => meters.powerFinished(operation),
  });
  const powerPoller = createPowerPoller({
    ...powerDeps,
    intervalMs: config.powerPollMs,
    mine: (machine) => {
      const last = machine.status?.power?.result?.rack;
      if (last === rackName) return true;
      if (last !== undefined && liveness.isAlive(last)) return false;
      return liveness.first() === rackName;
    },
  });
  const imageHolder = createImageHolder({ client, world, cache: images, rackName, clock, log });
  const heartbeat = createHeartbeat({
    client,
    world,
    rackName,
    namespace,
    clock,
    log,
    observe: () => {
      const attachments = networks.attachments();
      const [first] = servedInterfaces(attachments);
      return {
        version: packageJson.version,
        httpUrl: first === undefined ? undefined : `http://${first.address}:${config.httpPort}`,
        attachments,
        services: [
          ...http.describe(supervisor.states()),
          { name: 'Power' as const, state: 'Running' as const },
        ],
        leases: leases.live(),
        slices: slices.status(),
        foreignDhcpServers: (foreign?.list() ?? []).flatMap((server) => {
          const vlan = attachments.find((entry) => entry.interface.name === server.device)?.vlan;
          return vlan === undefined ? [] : [{ ...server, vlan }];
        }),
        storage: storageState(),
        ...(admin === undefined ? {} : { admin: { problem: admin.problem() } }),
      };
    },
  });

  const storageState = () => ({
    leases: leases.problem(),
    snapshot: keeper.state().problem,
    snapshotWritten: keeper.state().writtenAt !== undefined,
    damagedSnapshot: snapshot.kind === 'Damaged' ? snapshot.path : undefined,
  });
  const admin = createAdmin({
    config: config.admin,
    client,
    meters,
    version: packageJson.version,
    rackName,
    leases,
    slices: () => slices.status(),
    images: { cache: images, limitBytes: config.imageCacheBytes },
    world,
    outbox,
    services: () => http.describe(supervisor.states()),
    storage: storageState,
    snapshot: () => keeper.state(),
    isServing: () => serving,
    clock,
    log,
  });

  let stopping = false;
  let serving = false;
  admin?.start();
  certificates?.start();
  world.start();
  liveness.start();
  await awaitWorld(world, snapshot, { clock, log });
  outbox.start();
  slices.start();
  await supervisor.start();
  serving = true;
  heartbeat.start();
  // What needs the API server in any case begins when it has answered; a rack that is stopped before that has not begun it.
  const following = Promise.all([world.synced(), liveness.synced()])
    .then(() => {
      if (stopping) return;
      world.onChange(keeper.changed);
      imageHolder.start();
      powerRequests.start();
      powerPoller.start();
      log.info({ rack: rackName }, 'ready');
    })
    .catch((error: unknown) => {
      if (!stopping) log.error({ error: messageOf(error) }, 'cannot follow the API server');
    });

  return {
    async stop() {
      stopping = true;
      await Promise.all([powerPoller.stop(), powerRequests.stop(), imageHolder.stop(), supervisor.stop()]);
      foreign?.close();
      ping?.close();
      await Promise.all([
        dhcp.close(),
        bootServer.close(),
        http.close(),
        ...[...tftpServers.values()].map((s) => s.close()),
      ]);
      await Promise.all([
        heartbeat.stop(),
        outbox.stop(),
        keeper.stop(),
        images.close(),
        tokens.close(),
        slices.stop().then(() => leases.close()),
      ]);
      await Promise.all([world.stop(), liveness.stop()]);
      await following;
      await certificates?.stop();
      await admin?.stop();
      await events.stop();
      await client.close();
    },
  };
}

/** One figure for people to set: between changes; looks may come more often. */
function paceOf(changeMs: number): { changeMs: number; queryMs: number } {
  return { changeMs, queryMs: Math.round(changeMs / 5) };
}

await run(start);
