import { systemClock } from '../../src/domain/clock.ts';
import { createLogger } from '../../src/log/logger.ts';
import { createHttpServer, defaultHttpLimits } from '../../src/rack/http/http-server.ts';
import { imageRoute } from '../../src/rack/http-boot/image-route.ts';
import { createSightings } from '../../src/rack/http-boot/sightings.ts';
import { createImageCache } from '../../src/rack/images/image-cache.ts';
import { createFileSender } from '../../src/rack/net/native-file-sender.ts';

/*
 * The rack's HTTP server with its image cache and its image route, as one program. Arguments: address, port, directory
 * of the cache, digest of the image, path that it comes from, its bytes. Prints `rack ready` when the image is held.
 */

const [address = '', port = '0', directory = '', digest = '', path = '', bytes = '0'] = process.argv.slice(2);
const clock = systemClock;
const log = createLogger('rack-http', 'info');
const images = await createImageCache({
  directory,
  maxBytes: 4 * Number(bytes),
  sources: () => ({ source: { file: { path } }, sizeBytes: Number(bytes) }),
  log,
  clock,
});
await images.ensure(digest);
const machines = { byMac: () => undefined, ephemeralImage: () => undefined, reportBoot: () => {} };
const tokens = { session: () => undefined };
const route = imageRoute({ images, machines, tokens, sightings: createSightings({ clock }), clock, log });
const sender = createFileSender();
const server = createHttpServer({ routes: [route], log, limits: defaultHttpLimits, sender });
server.listen({ host: address, port: Number(port) }, () => console.log('rack ready'));

process.once('SIGTERM', async () => {
  server.close();
  server.closeAllConnections();
  await images.close();
});
