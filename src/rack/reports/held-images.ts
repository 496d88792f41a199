import { createHash } from 'node:crypto';
import { type BootImage, bootImageKind } from '../../api/boot-image/schema.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Controller, runController } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import { isImageError } from '../images/errors.ts';
import type { ImageCache } from '../images/ports.ts';
import type { World } from '../world/world.ts';
import { importedDigests, isPinned } from './images.ts';

export interface ImageHolderDeps {
  client: Pick<KubeClient, 'applyStatus'>;
  world: Pick<World, 'images'>;
  cache: Pick<ImageCache, 'ensure' | 'has' | 'onChange'>;
  rackName: string;
  clock: Clock;
  log: Logger;
  timers?: Timers | undefined;
}

/** One for each rack, so that each owns its own entry; API servers take 128 characters. */
export function holderManager(rackName: string): string {
  const name = rackName.length <= 100 ? rackName : createHash('sha256').update(rackName).digest('hex');
  return `metalwright-rack-images-${name}`;
}

function digestsOf(image: BootImage): string[] {
  return importedDigests([image])[0]?.digests ?? [];
}

/**
 * Fetches every imported image into this rack's cache before a machine asks for it, as far as there is room, and says on the BootImage whether this rack
 * holds all of it as it is now.
 */
export function createImageHolder(deps: ImageHolderDeps): Controller {
  const { client, world, cache, rackName, clock, log } = deps;
  const fieldManager = holderManager(rackName);

  async function say(image: BootImage, holds: boolean): Promise<void> {
    if ((image.status?.racks?.some(({ name }) => name === rackName) ?? false) === holds) return;
    const { name, uid } = image.metadata;
    const racks = holds ? [{ name: rackName, since: new Date(clock.now()).toISOString() }] : [];
    try {
      await client.applyStatus(
        bootImageKind,
        { metadata: { name, uid }, status: { racks } },
        { fieldManager },
      );
    } catch (error) {
      if (!isKubeError(error, 'NotFound', 'Conflict')) throw error;
      log.debug({ image: name, error: messageOf(error) }, 'image went meanwhile');
    }
  }

  /** False: there is no room for what no machine has asked for yet. It is tried again when something has gone. */
  async function fetched(digest: string, image: BootImage): Promise<boolean> {
    const pinned = isPinned(image);
    try {
      await cache.ensure(digest, pinned ? 'Demand' : 'Prefetch');
      return true;
    } catch (error) {
      const full = isImageError(error) && (error.code === 'ImageCacheFull' || error.code === 'ImageDiskFull');
      if (pinned || !full) throw error;
      log.info({ image: image.metadata.name, digest, error: error.message }, 'image not fetched in advance');
      return false;
    }
  }

  const controller = runController({
    name: 'held-images',
    concurrency: 2,
    log,
    timers: deps.timers,
    async reconcile(name) {
      const image = world.images.get(name);
      if (image === undefined) return undefined;
      const wanted = digestsOf(image);
      const missing = wanted.filter((digest) => !cache.has(digest));
      if (missing.length > 0 || wanted.length === 0) await say(image, false);
      for (const digest of missing) if (!(await fetched(digest, image))) return undefined;
      const now = world.images.get(name);
      // Fetching takes long enough for the image to change; its change has enqueued it again.
      if (now === undefined || digestsOf(now).join() !== wanted.join()) return undefined;
      if (wanted.length > 0 && wanted.every((digest) => cache.has(digest))) await say(now, true);
      return undefined;
    },
  });

  let unwatch: (() => void)[] = [];
  return {
    ...controller,
    start() {
      unwatch = [
        world.images.onChange(({ type, object }) => {
          if (type !== 'Deleted') controller.enqueue(object.metadata.name);
        }),
        cache.onChange(() => {
          for (const { metadata } of world.images.list()) controller.enqueue(metadata.name);
        }),
      ];
      controller.start();
    },
    async stop() {
      for (const end of unwatch) end();
      await controller.stop();
    },
  };
}
