import type { KubeClient } from '../../../src/kube/client.ts';
import { KubeError } from '../../../src/kube/errors.ts';

/** A client whose process dies at its first write. */
export interface CrashingClient {
  client: KubeClient;
  /** Resolves at the crash. */
  crashed: Promise<void>;
}

/**
 * The first write goes through and its answer is lost (`after`), or it never leaves the process (`before`); nothing is
 * written after that.
 */
export function crashAtFirstWrite(client: KubeClient, when: 'before' | 'after'): CrashingClient {
  const { promise, resolve } = Promise.withResolvers<void>();
  let dead = false;
  async function write<R>(request: () => Promise<R>): Promise<R> {
    if (!dead) {
      dead = true;
      // A write that is refused has changed nothing; the process dies all the same.
      if (when === 'after') await request().catch(() => undefined);
      resolve();
    }
    throw new KubeError('Stopped', 'the process is dead');
  }
  return {
    crashed: promise,
    client: {
      ...client,
      create: (...args) => write(() => client.create(...args)),
      apply: (...args) => write(() => client.apply(...args)),
      applyStatus: (...args) => write(() => client.applyStatus(...args)),
      patch: (...args) => write(() => client.patch(...args)),
      patchStatus: (...args) => write(() => client.patchStatus(...args)),
      update: (...args) => write(() => client.update(...args)),
      delete: (...args) => write(() => client.delete(...args)),
    },
  };
}
