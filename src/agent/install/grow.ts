import type { RunProgram } from '../host/programs.ts';
import { must } from './disk-tools.ts';
import { lastPartition, type PartitionTable } from './partitions.ts';

/** File systems that grow while they are mounted, with the tools at hand. */
export const growable: ReadonlySet<string> = new Set(['ext4', 'ext3', 'ext2', 'xfs']);

/**
 * Grows the last partition over the free space behind it. Its place, type and identifiers stay. Of a GPT, sfdisk also moves the
 * second copy to the new end of the disk, where firmware and tools look for it.
 */
export async function growLastPartition(run: RunProgram, disk: string, table: PartitionTable): Promise<void> {
  const last = lastPartition(table);
  // Logical partitions lie in another one, which would have to grow first.
  if (last === undefined || (table.label === 'dos' && last.number > 4)) return;
  const args = ['--quiet', '--no-reread', '--partno', String(last.number), disk];
  const result = await run('sfdisk', args, { input: ', +\n' });
  // Nothing behind it is no failure.
  if (result.status !== 0 && !/no free sectors|already/i.test(result.stderr))
    await must(run, 'DiskWriteFailed', 'sfdisk', args, ', +\n');
}

/** Grows a mounted file system to its partition. */
export async function growFileSystem(
  run: RunProgram,
  device: string,
  type: string,
  folder: string,
): Promise<void> {
  if (type === 'xfs') await must(run, 'DiskWriteFailed', 'xfs_growfs', [folder]);
  else if (growable.has(type)) await must(run, 'DiskWriteFailed', 'resize2fs', [device]);
}
