import { type Hash, randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { beginningBytes } from '../../domain/boot/disk-beginning.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { Logger } from '../../log/logger.ts';
import { ServerError, serverError } from '../errors.ts';
import { openUploadDirectory } from './directory.ts';
import { isMissing, onDisk } from './failures.ts';
import type { Upload, UploadLimits, UploadStore } from './ports.ts';
import { hashOf, receiveInto } from './receive.ts';
import { chooseSwept } from './sweep.ts';

interface Entry {
  upload: Upload;
  /** When the last byte came. */
  at: number;
  /** Of all bytes that are stored; undefined: an earlier process stored them. */
  hash: Hash | undefined;
  /** Who sends now. */
  writer: { bytes: Readable; done: Promise<void> } | undefined;
  sealing: Promise<{ digest: string; sizeBytes: number }> | undefined;
}

export interface UploadStoreOptions {
  directory: string;
  limits: UploadLimits;
  log: Logger;
  clock: Clock;
}

/** Uploads under way at once: none of them may be so small that only their number hurts. */
const mostUploads = 64;
/** So much of the disk stays free. */
const reserveBytes = 64 * 1024 * 1024;

/** Opens the directory with what an earlier process left there. Nothing else may write into it. Throws what the system says. */
export async function openUploadStore({
  directory,
  limits,
  log,
  clock,
}: UploadStoreOptions): Promise<UploadStore> {
  const disk = await openUploadDirectory(directory);
  const entries = new Map<string, Entry>();
  const files = new Map<string, { sizeBytes: number; at: number }>();
  for (const { id, record, receivedBytes, at } of await disk.uploads()) {
    const upload = { id, fileName: undefined, digest: undefined, ...record, receivedBytes };
    entries.set(id, { upload, at, hash: undefined, writer: undefined, sealing: undefined });
  }
  for (const { digest, ...file } of await disk.files()) files.set(digest, file);
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();

  /** Giving a file its name and taking one away never overlap: they may be about the same file. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const outcome = turn.then(act);
    turn = outcome.catch(() => undefined);
    return outcome;
  }

  function usedBytes(): number {
    let used = 0;
    for (const { sizeBytes } of files.values()) used += sizeBytes;
    for (const { upload } of entries.values()) if (upload.digest === undefined) used += upload.sizeBytes;
    return used;
  }

  function entryOf(id: string): Entry {
    const entry = entries.get(id);
    if (entry === undefined || closed) throw serverError('NotFound', 'there is no such upload (any more)');
    return entry;
  }

  /** Errors: UploadsFull. */
  async function requireRoom(sizeBytes: number): Promise<void> {
    const used = usedBytes();
    if (entries.size >= mostUploads)
      throw serverError('UploadsFull', `${mostUploads} uploads are under way: finish or delete some`);
    if (used + sizeBytes > limits.totalBytes)
      throw serverError(
        'UploadsFull',
        `${sizeBytes} bytes do not fit beside ${used} into ${limits.totalBytes}: delete BootImages of uploaded files, or raise METALWRIGHT_UPLOADS_TOTAL_MIB`,
      );
    let coming = sizeBytes + reserveBytes;
    for (const { upload } of entries.values())
      if (upload.digest === undefined) coming += upload.sizeBytes - upload.receivedBytes;
    const free = await disk.freeBytes();
    if (free < coming)
      throw serverError('UploadsFull', `the disk of the server has ${free} of the ${coming} bytes`);
  }

  async function forget(id: string): Promise<void> {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    entry.writer?.bytes.destroy();
    await entry.writer?.done;
    await disk.remove(id);
  }

  async function receive(id: string, offset: number, bytes: Readable): Promise<Upload> {
    const entry = entryOf(id);
    const { upload } = entry;
    if (entry.writer !== undefined) {
      entry.writer.bytes.destroy(
        serverError('UploadConflict', 'somebody else sends to this upload: only one at a time'),
      );
      await entry.writer.done;
    }
    if (upload.digest !== undefined || entry.sealing !== undefined)
      throw serverError('UploadConflict', 'all of the upload is there already');
    const done = Promise.withResolvers<void>();
    if (entry.writer !== undefined)
      throw serverError('UploadConflict', 'somebody else sends to this upload: only one at a time');
    // It may break off, or be taken over, before anybody reads it.
    bytes.on('error', () => undefined);
    entry.writer = { bytes, done: done.promise };
    try {
      const { receivedBytes, sizeBytes } = upload;
      if (offset !== receivedBytes)
        throw serverError(
          'UploadConflict',
          `${receivedBytes} bytes are here: go on at offset ${receivedBytes}`,
        );
      const path = disk.partialPath(id);
      const hash = entry.hash ?? (await hashOf(path, receivedBytes));
      entry.hash = hash;
      await receiveInto(path, { offset, mostBytes: sizeBytes - offset, bytes }, (chunk) => {
        hash.update(chunk);
        upload.receivedBytes += chunk.length;
        entry.at = clock.now();
      });
      return { ...upload };
    } catch (error) {
      if (error instanceof ServerError) throw error;
      if (!bytes.readableAborted && !bytes.errored) throw error;
      throw serverError('RequestTimeout', `the bytes broke off: ${messageOf(error)}`, { cause: error });
    } finally {
      entry.writer = undefined;
      done.resolve();
    }
  }

  async function seal(entry: Entry, expected: string | undefined) {
    const { upload } = entry;
    const { id, sizeBytes, receivedBytes } = upload;
    if (entry.writer !== undefined || receivedBytes !== sizeBytes)
      throw serverError(
        'UploadConflict',
        `${receivedBytes} of the ${sizeBytes} bytes are here: send the others first`,
      );
    const hash = entry.hash ?? (await hashOf(disk.partialPath(id), sizeBytes));
    const digest = hash.copy().digest('hex');
    if (expected !== undefined && expected !== digest) {
      await forget(id);
      throw serverError(
        'UploadMismatch',
        `sha256:${digest} came in the place of sha256:${expected}, and was thrown away: send it again`,
      );
    }
    // The same bytes again change nothing; a file of another size under this name is damaged.
    await inTurn(async () => {
      await onDisk(() => disk.settle(id, digest));
      files.set(digest, { sizeBytes, at: clock.now() });
    });
    const { owner, fileName, createdAt } = upload;
    upload.digest = digest;
    await onDisk(() =>
      disk.write(id, {
        owner,
        sizeBytes,
        createdAt,
        digest,
        ...(fileName === undefined ? {} : { fileName }),
      }),
    );
    log.info({ upload: id, digest, sizeBytes, user: owner }, 'an upload is stored');
    return { digest, sizeBytes };
  }

  return {
    ...{ limits, usedBytes, receive, forget },
    async begin({ owner, sizeBytes, fileName }) {
      if (sizeBytes > limits.fileBytes)
        throw serverError(
          'BodyTooLarge',
          `${sizeBytes} bytes are more than the ${limits.fileBytes} of one file (METALWRIGHT_UPLOADS_FILE_MIB)`,
        );
      const id = randomUUID();
      const createdAt = new Date(clock.now()).toISOString();
      const upload = { id, owner, fileName, sizeBytes, receivedBytes: 0, createdAt, digest: undefined };
      await requireRoom(sizeBytes);
      const entry = { upload, at: clock.now(), hash: undefined, writer: undefined, sealing: undefined };
      entries.set(id, entry);
      try {
        await onDisk(async () => {
          const file = await open(disk.partialPath(id), 'wx', 0o600);
          await file.close();
          await disk.write(id, {
            owner,
            sizeBytes,
            createdAt,
            ...(fileName === undefined ? {} : { fileName }),
          });
        });
      } catch (error) {
        await forget(id).catch(() => undefined);
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
        entry.sealing ??= seal(entry, expected).finally(() => {
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
    async sweep(named) {
      const now = clock.now();
      for (const [digest, file] of files) {
        if (!named.has(digest)) continue;
        file.at = now;
        await disk
          .touch(digest, now)
          .catch((error: unknown) =>
            log.warn({ digest, error: messageOf(error) }, 'an uploaded file cannot be touched'),
          );
      }
      const uploads = [...entries.values()].map(({ upload: { id, digest }, at, writer, sealing }) => ({
        ...{ id, digest, at },
        busy: writer !== undefined || sealing !== undefined,
      }));
      const kept = { uploads, files: [...files].map(([digest, { at }]) => ({ digest, at })) };
      const gone = chooseSwept(kept, named, now, limits.keepMs);
      for (const id of gone.uploads) await forget(id);
      for (const digest of gone.files)
        await inTurn(async () => {
          // It came again in the meantime.
          if ((files.get(digest)?.at ?? now) >= now) return;
          files.delete(digest);
          await disk.removeStored(digest);
        });
      if (gone.uploads.length + gone.files.length > 0)
        log.info({ uploads: gone.uploads, files: gone.files }, 'uploads that nobody wants are removed');
    },
    async close() {
      closed = true;
      const writers = [...entries.values()].flatMap(({ writer }) => writer ?? []);
      for (const { bytes } of writers)
        bytes.destroy(serverError('NotReady', 'the server is ending', { retryAfterSeconds: 5 }));
      await Promise.all(writers.map(({ done }) => done));
    },
  };
}
