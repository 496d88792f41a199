import { serverError } from '../errors.ts';
import type { StoreState } from './state.ts';

/** Uploads under way at once: none of them may be so small that only their number hurts. */
const mostUploads = 64;
/** So much of the disk stays free. */
const reserveBytes = 64 * 1024 * 1024;

/** Of all files, and of those under way as large as they will be. */
export function usedBytes({ entries, files }: Pick<StoreState, 'entries' | 'files'>): number {
  let used = 0;
  for (const { sizeBytes } of files.values()) used += sizeBytes;
  for (const { upload } of entries.values()) if (upload.digest === undefined) used += upload.sizeBytes;
  return used;
}

/** Whether one more upload of this size fits, with all that is still to come. Errors: UploadsFull, and what the system says. */
export async function requireRoom(state: StoreState, sizeBytes: number): Promise<void> {
  const { entries, limits, disk } = state;
  const used = usedBytes(state);
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
