/** A file in the cache. */
export interface CachedFile {
  digest: string;
  sizeBytes: number;
  /** Milliseconds since the epoch. */
  usedAt: number;
  /** A BootImage names it: it goes after those that none does. */
  named: boolean;
  pinned: boolean;
}

/**
 * Which files go so that `coming` further bytes fit: those that no BootImage names, then the longest unused, never a pinned one,
 * and none when even all of them would not do.
 *
 * @returns undefined when there is no room to be made
 */
export function chooseEvictions(
  files: readonly CachedFile[],
  coming: number,
  maxBytes: number,
): string[] | undefined {
  let excess = files.reduce((sum, file) => sum + file.sizeBytes, 0) + coming - maxBytes;
  const gone: string[] = [];
  const candidates = files
    .filter((file) => !file.pinned)
    .sort(
      (a, b) => Number(a.named) - Number(b.named) || a.usedAt - b.usedAt || (a.digest < b.digest ? -1 : 1),
    );
  for (const file of candidates) {
    if (excess <= 0) break;
    gone.push(file.digest);
    excess -= file.sizeBytes;
  }
  return excess <= 0 ? gone : undefined;
}
