import { closeSync, ftruncateSync, openSync } from 'node:fs';

/** Makes an empty disk: a sparse file of so many GiB, which takes no room until it is written. */
export function makeDisk(path: string, sizeGiB: number): void {
  const file = openSync(path, 'w', 0o600);
  ftruncateSync(file, sizeGiB * 1024 ** 3);
  closeSync(file);
}
