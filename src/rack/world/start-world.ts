import type { Clock } from '../../domain/clock.ts';
import type { Logger } from '../../log/logger.ts';
import type { LoadedSnapshot } from './snapshot-file.ts';
import type { World } from './world.ts';

/** An API server that answers at all has answered by then; machines that boot at this moment can wait so long. */
const patienceMs = 2_000;

/**
 * Resolves when there is a world to serve: the API server's, or, when that does not answer soon, the one that an earlier process left
 * on disk. Without either there is nothing to serve, and the API server is waited for.
 */
export async function awaitWorld(
  world: Pick<World, 'synced'>,
  snapshot: LoadedSnapshot,
  { clock, log, waitMs = patienceMs }: { clock: Clock; log: Logger; waitMs?: number },
): Promise<void> {
  if (snapshot.kind !== 'Loaded') {
    log.info({}, 'waiting for the API server');
    return world.synced();
  }
  const late = Promise.withResolvers<'Late'>();
  const timer = setTimeout(() => late.resolve('Late'), waitMs);
  const first = await Promise.race([world.synced(), late.promise]).finally(() => clearTimeout(timer));
  if (first !== 'Late') return;
  const { savedAt } = snapshot.snapshot;
  const ageSeconds = Math.round((clock.now() - savedAt) / 1000);
  log.warn({ ageSeconds }, 'the API server does not answer: serving from the snapshot of the world');
}
