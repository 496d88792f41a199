import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Runs `act` while no other process that calls this with the same path does. The kernel holds the lock (`flock(1)` of
 * util-linux): it ends with the process, however that ends, and reaches over containers that share the folder.
 */
export async function withLock<T>(path: string, act: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  // It says that it has the lock, and gives it up when its input ends.
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo locked; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  const locked = once(holder.stdout, 'data');
  const failed = ended.then(([code]) => {
    throw new Error(`flock ended with ${code} instead of locking ${path}`);
  });
  failed.catch(() => undefined);
  await Promise.race([locked, failed]);
  try {
    return await act();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
