import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { agentError } from '../errors.ts';
import type { RunProgram } from '../host/programs.ts';
import { fileSystemOf, withMounted } from './disk-tools.ts';
import type { PartitionTable } from './partitions.ts';

/** File systems that a root may be on. */
const rootTypes: ReadonlySet<string> = new Set(['ext4', 'ext3', 'ext2', 'xfs', 'btrfs']);

export interface RootPartition {
  device: string;
  type: string;
  /** `PRETTY_NAME` of its os-release. */
  os: string;
}

/**
 * Finds the partition that holds the operating system: the one with an os-release. An image without a partition table may be a
 * file system itself.
 *
 * @throws SeedFailed when there is none
 */
export async function findRoot(
  run: RunProgram,
  disk: string,
  table: PartitionTable | undefined,
  base?: string,
): Promise<RootPartition> {
  const devices = table === undefined ? [disk] : table.partitions.map(({ device }) => device);
  const seen: string[] = [];
  for (const device of devices.reverse()) {
    const type = await fileSystemOf(run, device);
    seen.push(`${device}: ${type ?? 'nothing known'}`);
    if (type === undefined || !rootTypes.has(type)) continue;
    const os = await withMounted(run, 'SeedFailed', { device, type, readOnly: true, base }, osNameIn);
    if (os !== undefined) return { device, type, os };
  }
  throw agentError(
    'SeedFailed',
    `no partition of the image holds an operating system; seen: ${seen.join(', ')}`,
  );
}

/** os-release is most often a link to ../usr/lib, which an absolute link would lead out of the image: then it is read there. */
async function osNameIn(folder: string): Promise<string | undefined> {
  const link = await readlink(join(folder, 'etc/os-release')).catch(() => undefined);
  const path = link === undefined ? 'etc/os-release' : 'usr/lib/os-release';
  const text = await readFile(join(folder, path), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1] ?? 'Linux';
}
