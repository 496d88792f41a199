#!/usr/bin/env node
import { mkdir } from 'node:fs/promises';
import packageJson from '../../package.json' with { type: 'json' };
import { parseConfiguration } from '../config/parse.ts';
import { RackConfiguration } from '../config/rack.ts';
import { messageOf } from '../errors/coded-error.ts';
import { createAdmin } from '../rack/admin/admin.ts';
import { adminUrl } from '../rack/admin/url.ts';
import { listInterfaces } from '../rack/net/interfaces.ts';
import { createSocketFactory } from '../rack/net/socket-factory.ts';
import { createImageHolder } from '../rack/reports/held-images.ts';
import { createHeartbeat } from '../rack/self/heartbeat.ts';
import { createSupervisor, servedAddresses, servedInterfaces } from '../rack/supervisor.ts';
import { createDhcpBackend } from '../rack/world/dhcp-backend.ts';
import { openConsoles } from './rack/console.ts';
import { openCore } from './rack/core.ts';
import { openDhcp } from './rack/dhcp.ts';
import { openFiles, readLoaders } from './rack/files.ts';
import { openPower } from './rack/power.ts';
import { openReports } from './rack/reports.ts';
import { run } from './run.ts';

/** The rack: DHCP, TFTP, HTTP boot, the agent's API and power for the networks that its node is wired to. */
async function start(): Promise<{ stop(): Promise<void> }> {
  const config = parseConfiguration(RackConfiguration, process.env);
  await mkdir(config.stateDirectory, { recursive: true, mode: 0o700 });
  const core = await openCore(config);
  const { rackName, namespace, client, world, liveness, events, meters, clock, log, memory } = core;
  const { version } = packageJson;

  const reports = await openReports(core);
  const sockets = await createSocketFactory(log);
  const loaders = await readLoaders(core);
  const files = await openFiles(core, loaders, reports.machines, sockets);
  const networks = createDhcpBackend({
    ...{ world, rackName, interfaces: config.interfaces, httpPort: config.httpPort, seen: reports.seen },
    listInterfaces: () => listInterfaces(),
    httpsBootPort: () => files.http.httpsBootPort(),
    hasLoader: (loader) => loaders.files.has(loader),
  });
  const dhcp = await openDhcp(core, networks, sockets);
  const { leases, slices } = dhcp;
  const supervisor = createSupervisor({
    services: [...dhcp.services, ...files.services],
    attachments: () => networks.attachments(),
    disabled: () => world.racks.get(rackName)?.spec.disabledServices ?? [],
    log,
    intervalMs: 5_000,
  });
  const power = openPower(core, () => heartbeat.isCurrent(), {
    ...{ files, machines: reports.machines },
    addresses: () => servedAddresses(networks.attachments()).map(({ address }) => address),
  });
  const imageHolder = createImageHolder({ client, world, cache: files.images, rackName, clock, log });

  const storage = () => ({
    leases: leases.problem(),
    snapshot: memory.keeper.state().problem,
    snapshotWritten: memory.keeper.state().writtenAt !== undefined,
    damagedSnapshot: memory.damaged,
  });
  const services = () => files.http.describe(supervisor.states());
  let stopping = false;
  let serving = false;
  const consoles = openConsoles(core, () => heartbeat.isCurrent());
  const admin = createAdmin({
    ...{ config: config.admin, client, meters, version, rackName, leases, world, clock, log },
    ...{ outbox: reports.outbox, services, storage },
    slices: () => slices.status(),
    images: { cache: files.images, limitBytes: config.imageCacheBytes },
    snapshot: () => memory.keeper.state(),
    isServing: () => serving,
    ...{ onUpgrade: consoles.upgrade, lines: consoles.lines },
  });
  const heartbeat = createHeartbeat({
    ...{ client, world, rackName, namespace, clock, log },
    observe: () => {
      const attachments = networks.attachments();
      const [first] = servedInterfaces(attachments);
      return {
        version,
        httpUrl: first === undefined ? undefined : `http://${first.address}:${config.httpPort}`,
        attachments,
        services: [...services(), { name: 'Power', state: 'Running' }],
        leases: leases.live(),
        slices: slices.status(),
        foreignDhcpServers: dhcp.foreignServers(),
        storage: storage(),
        ...(admin === undefined || config.admin === undefined
          ? {}
          : {
              admin: {
                problem: admin.problem(),
                url: adminUrl(
                  config.admin,
                  servedInterfaces(attachments).map(({ address }) => address),
                ),
              },
            }),
      };
    },
  });

  admin?.start();
  files.start();
  world.start();
  liveness.start();
  await memory.ready();
  reports.outbox.start();
  slices.start();
  await supervisor.start();
  serving = true;
  heartbeat.start();
  // What needs the API server in any case begins when it has answered; a rack that is stopped before that has not begun it.
  const following = Promise.all([world.synced(), liveness.synced()])
    .then(() => {
      if (stopping) return;
      world.onChange(memory.keeper.changed);
      imageHolder.start();
      power.start();
      consoles.record();
      log.info({ rack: rackName }, 'ready');
    })
    .catch((error: unknown) => {
      if (!stopping) log.error({ error: messageOf(error) }, 'cannot follow the API server');
    });

  return {
    async stop() {
      stopping = true;
      await Promise.all([power.stop(), imageHolder.stop(), supervisor.stop()]);
      await Promise.all([files.stop(), heartbeat.stop(), reports.outbox.stop(), memory.keeper.stop()]);
      await dhcp.stop();
      await Promise.all([world.stop(), liveness.stop()]);
      await following;
      await consoles.stop();
      await admin?.stop();
      await events.stop();
      await client.close();
    },
  };
}

await run(start);
