import type { ZeroRange } from './block-device.ts';
import { complaint, type RunProgram } from './programs.ts';

/** BLKZEROOUT by blkdiscard: the disk zeroes by itself where it can, else the kernel writes zeros. */
export function zeroRangeWith(run: RunProgram): ZeroRange {
  return async (path, position, length) => {
    const range = ['--offset', String(position), '--length', String(length)];
    const result = await run('blkdiscard', ['--zeroout', '--force', ...range, path]);
    if (result.status !== 0) throw new Error(`blkdiscard --zeroout: ${complaint(result)}`);
  };
}
