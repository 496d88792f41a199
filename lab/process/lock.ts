import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { labError } from '../errors.ts';
import { identify, isAlive, readIdentity } from './proc-stat.ts';

/**
 * Does `work` while no other process does any under the same lock file. A lock whose holder is gone is taken over.
 * Throws `Conflict` with the holder's pid when there is one, and still is after `waitMs`.
 */
export async function withLock<T>(
  path: string,
  what: string,
  work: () => Promise<T>,
  { waitMs = 0 }: { waitMs?: number } = {},
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  await acquire(path, what, Date.now() + waitMs);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

async function acquire(path: string, what: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      take(path, what);
      return;
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await setTimeout(50);
    }
  }
}

function take(path: string, what: string): void {
  const holder = readIdentity(path);
  if (holder !== undefined && isAlive(holder)) {
    throw labError('Conflict', `process ${holder.pid} is busy with ${what}; wait for its end`);
  }
  rmSync(path, { force: true });
  // Linked when it is whole, for others read it at any moment.
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    linkSync(own, path);
  } catch (error) {
    throw labError('Conflict', `another process is busy with ${what}; wait for its end`, { cause: error });
  } finally {
    rmSync(own, { force: true });
  }
}
