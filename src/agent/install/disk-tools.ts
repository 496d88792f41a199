import { type AgentErrorCode, agentError } from '../errors.ts';
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

/** Mounts, hands the folder to `use`, unmounts whatever happens. */
export async function withMounted<T>(
  run: RunProgram,
  code: AgentErrorCode,
  mount: { device: string; type: string; readOnly?: boolean },
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = `/run/mw/mount-${mount.device.split('/').at(-1)}`;
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
