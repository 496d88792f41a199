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
