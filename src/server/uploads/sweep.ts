import { messageOf } from '../../errors/coded-error.ts';
import { forgetUpload, type StoreState } from './state.ts';

/** What is on the disk of the server, for the decision what goes. Times in milliseconds since the epoch. */
export interface Kept {
  uploads: readonly {
    id: string;
    /** When the last byte came. */
    at: number;
    /** Bytes are coming right now. */
    busy: boolean;
    digest: string | undefined;
  }[];
  files: readonly {
    digest: string;
    /** When it came, or was last in a BootImage. */
    at: number;
  }[];
}

/** Uploads and files that nobody wants any more. @param named digests that BootImages name */
export function chooseSwept(
  { uploads, files }: Kept,
  named: ReadonlySet<string>,
  now: number,
  keepMs: number,
): { uploads: string[]; files: string[] } {
  const isOld = ({ at }: { at: number }): boolean => now - at > keepMs;
  const gone = uploads.filter((upload) => !upload.busy && isOld(upload));
  const held = new Set(uploads.filter((upload) => !gone.includes(upload)).map(({ digest }) => digest));
  return {
    uploads: gone.map(({ id }) => id),
    files: files
      .filter((file) => isOld(file) && !named.has(file.digest) && !held.has(file.digest))
      .map(({ digest }) => digest),
  };
}

/** Removes what nobody goes on with, and what no BootImage names any more. Throws what the system says. */
export async function sweepUploads(state: StoreState, named: ReadonlySet<string>): Promise<void> {
  const { entries, files, disk, limits, log, clock } = state;
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
  for (const id of gone.uploads) await forgetUpload(state, id);
  for (const digest of gone.files)
    await state.inTurn(async () => {
      // It came again in the meantime.
      if ((files.get(digest)?.at ?? now) >= now) return;
      files.delete(digest);
      await disk.removeStored(digest);
    });
  if (gone.uploads.length + gone.files.length > 0)
    log.info({ uploads: gone.uploads, files: gone.files }, 'uploads that nobody wants are removed');
}
