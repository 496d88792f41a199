import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { beginningBytes } from '../../domain/boot/disk-beginning.ts';
import { serverError } from '../errors.ts';
import { isMissing, onDisk } from './failures.ts';
import type { UploadStore } from './ports.ts';
import { requireRoom, usedBytes } from './room.ts';
import { sealUpload } from './seal.ts';
import { type Entry, forgetUpload, openState, type UploadStoreOptions, writeRecord } from './state.ts';
import { sweepUploads } from './sweep.ts';
import { receiveUpload } from './write.ts';

/** Opens the directory with what an earlier process left there. Nothing else may write into it. Throws what the system says. */
export async function openUploadStore(options: UploadStoreOptions): Promise<UploadStore> {
  const state = await openState(options);
  const { disk, limits, entries, files, clock } = state;
  let closed = false;

  function entryOf(id: string): Entry {
    const entry = entries.get(id);
    if (entry === undefined || closed) throw serverError('NotFound', 'there is no such upload (any more)');
    return entry;
  }

  return {
    limits,
    usedBytes: () => usedBytes(state),
    receive: async (id, offset, bytes) => receiveUpload(state, entryOf(id), offset, bytes),
    forget: (id) => forgetUpload(state, id),
    async begin({ owner, sizeBytes, fileName }) {
      if (sizeBytes > limits.fileBytes)
        throw serverError(
          'BodyTooLarge',
          `${sizeBytes} bytes are more than the ${limits.fileBytes} of one file (METALWRIGHT_UPLOADS_FILE_MIB)`,
        );
      const id = randomUUID();
      const createdAt = new Date(clock.now()).toISOString();
      const upload = { id, owner, fileName, sizeBytes, receivedBytes: 0, createdAt, digest: undefined };
      await requireRoom(state, sizeBytes);
      const entry = { upload, at: clock.now(), hash: undefined, writer: undefined, sealing: undefined };
      entries.set(id, entry);
      try {
        await onDisk(async () => {
          const file = await open(disk.partialPath(id), 'wx', 0o600);
          await file.close();
          await writeRecord(state, upload);
        });
      } catch (error) {
        await forgetUpload(state, id).catch(() => undefined);
        throw error;
      }
      return { ...upload };
    },
    list: (owner) =>
      [...entries.values()]
        .filter(({ upload }) => upload.owner === owner)
        .map(({ upload }) => ({ ...upload })),
    find(id, owner) {
      const upload = entries.get(id)?.upload;
      return upload?.owner === owner ? { ...upload } : undefined;
    },
    async beginning(id) {
      const { upload } = entryOf(id);
      const file = await open(
        upload.digest === undefined ? disk.partialPath(id) : disk.storedPath(upload.digest),
        'r',
      );
      try {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(beginningBytes), 0, beginningBytes, 0);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    },
    async seal(id, expected) {
      const entry = entryOf(id);
      const { digest, sizeBytes } = entry.upload;
      if (digest === undefined) {
        entry.sealing ??= sealUpload(state, entry, expected).finally(() => {
          entry.sealing = undefined;
        });
        return entry.sealing;
      }
      if (expected !== undefined && expected !== digest)
        throw serverError('UploadMismatch', `sha256:${digest} is here in the place of sha256:${expected}`);
      return { digest, sizeBytes };
    },
    async open(digest) {
      const known = files.get(digest);
      if (known === undefined) return undefined;
      try {
        return { file: await open(disk.storedPath(digest), 'r'), sizeBytes: known.sizeBytes };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    sweep: (named) => sweepUploads(state, named),
    async close() {
      closed = true;
      const writers = [...entries.values()].flatMap(({ writer }) => writer ?? []);
      for (const { bytes } of writers)
        bytes.destroy(serverError('NotReady', 'the server is ending', { retryAfterSeconds: 5 }));
      await Promise.all(writers.map(({ done }) => done));
    },
  };
}
