import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { labError } from '../errors.ts';
import { identify, isAlive, ProcessIdentity } from './proc-stat.ts';

/**
 * Does `work` while no other process does any under the same lock file. A lock whose holder is gone is taken over.
 * Throws `Conflict` with the holder's pid when there is one.
 */
export async function withLock<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const holder = readHolder(path);
  if (holder !== undefined && isAlive(holder)) {
    throw labError('Conflict', `process ${holder.pid} is busy with ${what}; wait for its end`);
  }
  rmSync(path, { force: true });
  try {
    writeFileSync(path, JSON.stringify(identify(process.pid)), { flag: 'wx' });
  } catch (error) {
    throw labError('Conflict', `another process is busy with ${what}; wait for its end`, { cause: error });
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return ProcessIdentity.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
