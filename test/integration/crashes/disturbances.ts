import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient, WatchOptions } from '../../../src/kube/client.ts';
import { isKubeError, kubeError } from '../../../src/kube/errors.ts';
import type { MemoryClient } from '../../../src/kube/memory-client.ts';
import type { KubeObject, Resource } from '../../../src/kube/resource.ts';
import type { WatchEvent } from '../../../src/kube/watch.ts';

interface Program {
  stop(): Promise<void>;
}

/** What comes between the programs and the API server, and between two leaders. */
export interface Disturbance {
  /** What a program fills its caches from. */
  view(client: MemoryClient): MemoryClient;
  /**
   * Starts the operator, or more than one.
   *
   * @param acting what its writes go through
   * @param start starts one from what its caches are filled from and what its writes go through
   */
  operator(
    client: MemoryClient,
    acting: MemoryClient,
    start: (view: KubeClient, acting: KubeClient) => Promise<Program>,
  ): Promise<Program>;
}

/** No disturbance at all. */
export const calm: Disturbance = {
  view: (client) => client,
  operator: (client, acting, start) => start(client, acting),
};

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A watch that is spoilt. @param source the watch as it is, with a signal of the spoiler's own */
type Spoiler = <T extends KubeObject>(
  source: (signal: AbortSignal) => AsyncIterable<WatchEvent<T>>,
  client: MemoryClient,
) => AsyncGenerator<WatchEvent<T>>;

function spoiltBy(spoil: Spoiler): Disturbance {
  const view = (client: MemoryClient): MemoryClient => ({
    ...client,
    watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions) {
      const source = (own: AbortSignal): AsyncIterable<WatchEvent<T>> => {
        const signal = options.signal === undefined ? own : AbortSignal.any([options.signal, own]);
        return client.watch(resource, { ...options, signal });
      };
      return spoil(source, client);
    },
  });
  return { view, operator: (client, acting, start) => start(view(client), acting) };
}

/** Every cache is behind by a while of its own, up to a tenth of a second at a time. */
export function staleCaches(random: () => number): Disturbance {
  return spoiltBy(async function* (source) {
    for await (const event of source(new AbortController().signal)) {
      if (random() < 0.4) await sleep(random() * 100);
      yield event;
    }
  });
}

/** After a few events some are lost; then the watch ends with a 410, and the cache is filled anew. */
export function droppedEvents(random: () => number): Disturbance {
  return spoiltBy(async function* (source) {
    const end = new AbortController();
    let left = 2 + Math.floor(random() * 12);
    try {
      for await (const event of source(end.signal)) {
        if (left-- > 0) {
          yield event;
          continue;
        }
        if (left === -1) setTimeout(() => end.abort(), random() * 80);
      }
    } catch (error) {
      if (end.signal.aborted && isKubeError(error, 'Stopped')) throw kubeError('Gone', 'a test');
      throw error;
    }
  });
}

/** The connection breaks after a few events, and by the time of the next one the history is gone. */
export function forgottenHistory(random: () => number): Disturbance {
  return spoiltBy(async function* (source, client) {
    let left = 2 + Math.floor(random() * 12);
    for await (const event of source(new AbortController().signal)) {
      yield event;
      if (left-- > 0) continue;
      client.forgetHistory();
      throw kubeError('Unavailable', 'a test');
    }
  });
}

/** What became of a leader that stood still. */
export interface Returned {
  /** Writes that it tried after it had come back, and how many of them were refused. */
  tried: number;
  refused: number;
}

/**
 * A leader stands still right before a write, with the write on its lips, and sees nothing any more. Another takes over and works. Then the first
 * one comes back: it sends that write and goes on with what it knew, as if nobody had taken its place; no fence stops it until a while later.
 *
 * @param nth the write before which it stands still, from 0
 */
export function stalledLeader(
  nth: number,
  random: () => number,
): { disturbance: Disturbance; returned: Returned } {
  const returned: Returned = { tried: 0, refused: 0 };
  async function operator(
    client: MemoryClient,
    acting: MemoryClient,
    start: (view: KubeClient, acting: KubeClient) => Promise<Program>,
  ): Promise<Program> {
    const stalled = Promise.withResolvers<void>();
    const resumed = Promise.withResolvers<void>();
    let [writes, isBack, isDeposed] = [0, false, false];
    async function write<R>(request: () => Promise<R>): Promise<R> {
      if (writes++ >= nth) {
        stalled.resolve();
        await resumed.promise;
      }
      if (isDeposed) throw kubeError('NotLeader', 'a test');
      if (!isBack) return await request();
      returned.tried++;
      try {
        return await request();
      } catch (error) {
        returned.refused++;
        throw error;
      }
    }
    const frozen: MemoryClient = {
      ...client,
      async *watch(resource, options) {
        for await (const event of client.watch(resource, options)) {
          if (writes > nth) break;
          yield event;
        }
        // Sees nothing more, and does not ask again.
        await new Promise<void>((resolve) => {
          if (options.signal?.aborted === true) resolve();
          else options.signal?.addEventListener('abort', () => resolve(), { once: true });
        });
        throw kubeError('Stopped', 'a test');
      },
    };
    const first = await start(frozen, {
      ...acting,
      create: (...args) => write(() => acting.create(...args)),
      apply: (...args) => write(() => acting.apply(...args)),
      applyStatus: (...args) => write(() => acting.applyStatus(...args)),
      patch: (...args) => write(() => acting.patch(...args)),
      patchStatus: (...args) => write(() => acting.patchStatus(...args)),
      update: (...args) => write(() => acting.update(...args)),
      delete: (...args) => write(() => acting.delete(...args)),
    });
    let second: Program | undefined;
    const stopping = Promise.withResolvers<void>();
    const takeover = (async () => {
      await Promise.race([stalled.promise, stopping.promise]);
      if (writes <= nth) return;
      second = await start(client, acting);
      // As long as the second one needs for a few steps, or for all of it.
      await sleep(20 + random() * 600);
      isBack = true;
      resumed.resolve();
      await sleep(100 + random() * 300);
      isDeposed = true;
    })();
    return {
      async stop() {
        stopping.resolve();
        await takeover;
        await first.stop();
        await second?.stop();
      },
    };
  }
  return { disturbance: { view: (client) => client, operator }, returned };
}
