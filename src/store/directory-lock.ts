import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { storeError } from './errors.ts';

/**
 * Holds a directory for this process, so that no second server of this computer writes into its files. It is a name of a socket in
 * the abstract namespace of Linux (unix(7)): the kernel takes it away with the process, however that ends.
 * Errors: InUse.
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const digest = createHash('sha256').update(realpathSync(directory)).digest('hex');
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(storeError('InUse', directory, { cause: error })));
    server.listen(`\0metalwright-${digest}`, resolve);
  });
  server.unref();
  return {
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
