import { bootImageKind } from '../../api/boot-image/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Controller, runController } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { ImageCache } from '../images/ports.ts';
import type { World } from '../world/world.ts';
import { importedDigests } from './images.ts';

/**
 * Fetches every imported image into this rack's cache before a machine asks for it, and says on the BootImage that this rack
 * holds it.
 */
export function createImageHolder(deps: {
  client: KubeClient;
  world: Pick<World, 'images'>;
  cache: Pick<ImageCache, 'ensure' | 'has'>;
  rackName: string;
  clock: Clock;
  log: Logger;
}): Controller {
  const { world, cache, rackName } = deps;
  const fieldManager = `metalwright-rack-images-${rackName}`;
  const controller = runController({
    name: 'held-images',
    concurrency: 2,
    log: deps.log,
    async reconcile(name) {
      const image = world.images.get(name);
      const [wanted] = image === undefined ? [] : importedDigests([image]);
      if (image === undefined || wanted === undefined) return undefined;
      for (const digest of wanted.digests) {
        if (!cache.has(digest)) await cache.ensure(digest);
      }
      if (image.status?.racks?.some((rack) => rack.name === rackName)) return undefined;
      try {
        await deps.client.applyStatus(
          bootImageKind,
          {
            metadata: { name, uid: image.metadata.uid },
            status: { racks: [{ name: rackName, since: new Date(deps.clock.now()).toISOString() }] },
          },
          { fieldManager },
        );
      } catch (error) {
        if (!isKubeError(error, 'NotFound', 'Conflict')) throw error;
        deps.log.debug({ image: name, error: messageOf(error) }, 'image went meanwhile');
      }
      return undefined;
    },
  });
  world.images.onChange(({ type, object }) => {
    if (type !== 'Deleted') controller.enqueue(object.metadata.name);
  });
  return controller;
}
