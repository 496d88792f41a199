import type { Readable } from 'node:stream';
import { messageOf } from '../../errors/coded-error.ts';
import { ServerError, serverError } from '../errors.ts';
import type { Upload } from './ports.ts';
import { hashOf, receiveInto } from './receive.ts';
import type { Entry, StoreState } from './state.ts';

/**
 * Stores what comes for an upload, from `offset` on; whoever sent to it before is ended. Errors: UploadConflict, BodyTooLarge,
 * UploadsFull, RequestTimeout, and what the system says.
 */
export async function receiveUpload(
  { disk, clock }: Pick<StoreState, 'disk' | 'clock'>,
  entry: Entry,
  offset: number,
  bytes: Readable,
): Promise<Upload> {
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
    const path = disk.partialPath(upload.id);
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
