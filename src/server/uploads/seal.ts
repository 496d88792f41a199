import { serverError } from '../errors.ts';
import { onDisk } from './failures.ts';
import { hashOf } from './receive.ts';
import { type Entry, forgetUpload, type StoreState, writeRecord } from './state.ts';

/**
 * Gives a complete file the name of its digest; what is not what was expected is thrown away. Errors: UploadConflict,
 * UploadMismatch, UploadsFull, and what the system says.
 */
export async function sealUpload(
  state: StoreState,
  entry: Entry,
  expected: string | undefined,
): Promise<{ digest: string; sizeBytes: number }> {
  const { disk, files, clock, log } = state;
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
    await forgetUpload(state, id);
    throw serverError(
      'UploadMismatch',
      `sha256:${digest} came in the place of sha256:${expected}, and was thrown away: send it again`,
    );
  }
  // The same bytes again change nothing; a file of another size under this name is damaged.
  await state.inTurn(async () => {
    await onDisk(() => disk.settle(id, digest));
    files.set(digest, { sizeBytes, at: clock.now() });
  });
  upload.digest = digest;
  await onDisk(() => writeRecord(state, upload));
  log.info({ upload: id, digest, sizeBytes, user: upload.owner }, 'an upload is stored');
  return { digest, sizeBytes };
}
