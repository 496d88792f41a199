import { join } from 'node:path';
import { isInside } from '../../domain/boot/file-source.ts';
import { systemTimers } from '../../kube/timers.ts';
import type { RackMachines } from '../../rack/agent-api/ports.ts';
import { openBootTokens } from '../../rack/boot-token/boot-tokens.ts';
import { createFairShare } from '../../rack/http/fair-share.ts';
import { createCertificateWatch } from '../../rack/http-boot/certificate/certificate-watch.ts';
import { type Loaders, loaderPaths, loadLoaders } from '../../rack/http-boot/loaders.ts';
import { createHttpServices } from '../../rack/http-boot/services.ts';
import { createImageCache } from '../../rack/images/image-cache.ts';
import { createNeighbours } from '../../rack/images/neighbours.ts';
import { createFileSender } from '../../rack/net/native-file-sender.ts';
import type { SocketFactory } from '../../rack/net/sockets.ts';
import { findArtifact } from '../../rack/reports/images.ts';
import { listNeighbours } from '../../rack/reports/list-neighbours.ts';
import type { SupervisedService } from '../../rack/supervisor.ts';
import type { TftpServer } from '../../rack/tftp/ports.ts';
import { createTftpServer } from '../../rack/tftp/server.ts';
import { createProgramLoader } from '../../rack/virtual-media/boot-programs.ts';
import { openMediaStore } from '../../rack/virtual-media/media-store.ts';
import type { RackCore } from './core.ts';

/** The boot loaders, read once; what is missing is said in the log. */
export async function readLoaders({ config, log }: RackCore): Promise<Loaders> {
  const loaders = await loadLoaders(loaderPaths(config.loadersDirectory));
  for (const missing of loaders.missing) log.warn({}, missing);
  return loaders;
}

/** Loaders by TFTP; loaders, scripts, images and the agent's API by HTTP and HTTPS. */
export async function openFiles(
  core: RackCore,
  loaders: Loaders,
  machines: RackMachines,
  sockets: SocketFactory,
) {
  const { config, client, namespace, clock, log, meters, sightings } = core;
  const images = await openImages(core);
  const tokens = await openBootTokens({ path: join(config.stateDirectory, 'boot-tokens.json'), clock, log });
  const media = await openMediaStore({ path: join(config.stateDirectory, 'virtual-media.json'), clock, log });
  const programs = createProgramLoader(config.mediaProgramsDirectory);
  const { https } = config;
  const certificates =
    https && createCertificateWatch({ client, namespace, secretName: https.secretName, clock, log });
  const http = createHttpServices({
    server: {
      ...{ machines, images, loaders, tokens, sightings, clock, log, sender: createFileSender() },
      ...{ media, programs },
      share: createFairShare({ timers: systemTimers, bytesPerSecond: config.httpBytesPerSecond }),
      observer: {
        answered: (request) => meters.httpAnswered(request),
        refused: (why) => meters.httpRefusal(why),
      },
    },
    httpPort: config.httpPort,
    https: https && certificates && { port: https.port, boot: https.boot, certificates },
  });
  const tftpServers = new Map<string, TftpServer>();
  const tftp: SupervisedService = {
    name: 'Tftp',
    ports: [{ protocol: 'udp', number: 69 }],
    perAddress: true,
    async begin({ device, address }) {
      const server = createTftpServer({
        files: (file) => loaders.files.get(file),
        known: (source) => sightings.byAddress(source) !== undefined,
        finished: (transfer) => meters.tftpFinished(transfer),
        refused: (refusal) => meters.tftpRefusal(refusal),
        ...{ sockets, clock, log },
      });
      await server.listen({ address, device });
      tftpServers.set(address, server);
    },
    async end({ address }) {
      await tftpServers.get(address)?.close();
      tftpServers.delete(address);
    },
  };

  return {
    services: [tftp, ...http.services],
    images,
    tokens,
    media,
    programs,
    http,
    start: () => certificates?.start(),
    async stop() {
      await Promise.all([http.close(), ...[...tftpServers.values()].map((server) => server.close())]);
      await Promise.all([images.close(), tokens.close(), certificates?.stop()]);
    },
  };
}

function openImages({ config, world, rackName, liveness, meters, clock, log }: RackCore) {
  return createImageCache({
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
    ...{ log, clock },
  });
}
