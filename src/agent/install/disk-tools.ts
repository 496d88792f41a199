import { type AgentErrorCode, agentError } from '../errors.ts';
import type { Files } from '../host/files.ts';
import { complaint, type ProgramResult, type RunProgram } from '../host/programs.ts';
import { type PartitionTable, parsePartitionTable } from './partitions.ts';

/** Runs a program that must succeed. @throws the given code with what the program complained of */
export async function must(
  run: RunProgram,
  code: AgentErrorCode,
  program: string,
  args: readonly string[],
  input?: string,
): Promise<ProgramResult> {
  const result = await run(program, args, input === undefined ? {} : { input });
  if (result.status === 0) return result;
  throw agentError(
    code,
    `${program} ${args.join(' ')} ended with status ${result.status} (${complaint(result)})`,
  );
}

/** Makes the kernel see the disk's new partitions, and waits for their device files. */
export async function rereadPartitions(run: RunProgram, disk: string): Promise<void> {
  await run('blockdev', ['--rereadpt', disk]);
  await run('udevadm', ['settle', '--timeout=10']);
}

/** @returns undefined when there is no table */
export async function readPartitions(run: RunProgram, disk: string): Promise<PartitionTable | undefined> {
  const { status, stdout } = await run('sfdisk', ['--json', disk]);
  return status === 0 ? parsePartitionTable(stdout) : undefined;
}

/** What blkid calls the file system on a device. */
export async function fileSystemOf(run: RunProgram, device: string): Promise<string | undefined> {
  const { stdout } = await run('blkid', ['-p', '-s', 'TYPE', '-o', 'value', device]);
  return stdout.trim() || undefined;
}

/** Below which file systems of disks are mounted. */
export const mountBase = '/run/mw';

/**
 * Mounts, hands the folder to `use`, unmounts whatever happens.
 *
 * @param mount its `base`: where the folder is made, `mountBase` but in tests
 */
export async function withMounted<T>(
  run: RunProgram,
  code: AgentErrorCode,
  mount: { device: string; type: string; readOnly?: boolean; base?: string | undefined },
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = `${mount.base ?? mountBase}/mount-${mount.device.split('/').at(-1)}`;
  await run('mkdir', ['-p', folder]);
  await run('modprobe', ['-q', mount.type]);
  const options = mount.readOnly === true ? 'ro' : 'rw';
  await must(run, code, 'mount', ['-t', mount.type, '-o', options, mount.device, folder]);
  try {
    return await use(folder);
  } finally {
    await run('umount', [folder]);
  }
}

/**
 * Unmounts what an agent that was killed has left mounted: its file system would go on writing to a disk that gets another
 * content.
 *
 * @throws the given code when something stays mounted
 */
export async function unmountLeftovers(
  { files, run }: { files: Files; run: RunProgram },
  code: AgentErrorCode,
  base = mountBase,
): Promise<void> {
  for (const folder of await mountedBelow(files, base)) await run('umount', [folder]);
  const left = await mountedBelow(files, base);
  if (left.length === 0) return;
  throw agentError(code, `expected no disk in use, ${left.join(', ')} cannot be unmounted`);
}

async function mountedBelow(files: Files, base: string): Promise<string[]> {
  const mounts = (await files.readText('/proc/mounts')) ?? '';
  const folders = mounts.split('\n').flatMap((line) => line.split(' ').at(1) ?? []);
  return folders.filter((folder) => folder.startsWith(`${base}/mount-`)).reverse();
}
