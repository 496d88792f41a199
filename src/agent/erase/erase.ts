import { messageOf } from '../../errors/coded-error.ts';
import type { EraseTask } from '../contract.ts';
import { agentError, isAgentError } from '../errors.ts';
import type { BlockDevice, OpenBlockDevice } from '../host/block-device.ts';
import type { Files } from '../host/files.ts';
import { readNumber } from '../host/files.ts';
import type { RunProgram } from '../host/programs.ts';
import { describeDisk } from '../install/choose-root-disk.ts';
import { unmountLeftovers } from '../install/disk-tools.ts';
import { readDisks } from '../inventory/disks.ts';
import type { Disk } from '../inventory/types.ts';
import type { TaskContext } from '../work.ts';
import { disksToErase, endsOf, firstNonZero, type Range, samplesOf, slicesOf } from './plan.ts';

export interface EraseDeps {
  files: Files;
  run: RunProgram;
  openDevice: OpenBlockDevice;
  random(): number;
}

/** Of a full erase: how much at a time, and how many places are read back. */
const sliceBytes = 1024 * 1024 * 1024;
const samples = 128;

/**
 * Erases all disks that are built in, one after the other, and reads back what it did. Quick: discards what the disk can
 * discard, and zeroes both ends and every partition's signatures. Full: zeroes all of it.
 *
 * @throws EraseFailed when a disk cannot be written, or still shows data
 */
export async function erase(
  task: EraseTask,
  context: TaskContext,
  deps: EraseDeps,
): Promise<{ message: string }> {
  await unmountLeftovers(deps, 'EraseFailed');
  const disks = disksToErase(await readDisks(deps.files));
  if (disks.length === 0) return { message: 'this machine has no disk that is built in: nothing to erase' };
  for (const disk of disks) {
    context.signal.throwIfAborted();
    await eraseDisk(task.mode, disk, context, deps).catch((error: unknown) => {
      if (isAgentError(error) || context.signal.aborted) throw error;
      throw agentError('EraseFailed', `${describeDisk(disk)}: ${messageOf(error)}`, { cause: error });
    });
  }
  const names = disks.map(describeDisk).join(', ');
  return { message: `${task.mode === 'Quick' ? 'quickly' : 'fully'} erased and checked: ${names}` };
}

async function eraseDisk(
  mode: EraseTask['mode'],
  disk: Disk,
  context: TaskContext,
  deps: EraseDeps,
): Promise<void> {
  const path = `/dev/${disk.name}`;
  context.report('Signatures', `${describeDisk(disk)}: removing signatures`);
  await wipeSignatures(disk, deps);
  if (mode === 'Quick') await discard(disk, context, deps);
  const device = await deps.openDevice(disk);
  try {
    const ranges = mode === 'Quick' ? endsOf(disk.sizeBytes) : slicesOf(disk.sizeBytes, sliceBytes);
    for (const [index, { position, length }] of ranges.entries()) {
      context.signal.throwIfAborted();
      context.report('Zero', `${describeDisk(disk)}: writing zeros`, (index / ranges.length) * 100);
      await device.zero(position, length);
    }
    await device.sync();
  } finally {
    await device.close();
  }
  // Empties the cache, so that the disk itself is asked, and forgets the old partitions.
  await deps.run('blockdev', ['--flushbufs', path]);
  await deps.run('blockdev', ['--rereadpt', path]);
  context.report('Verify', `${describeDisk(disk)}: reading back`);
  const reread = await deps.openDevice(disk);
  try {
    const ranges =
      mode === 'Quick' ? endsOf(disk.sizeBytes) : samplesOf(disk.sizeBytes, samples, deps.random);
    for (const range of ranges) await verify(reread, disk, range);
  } finally {
    await reread.close();
  }
}

/** File systems and RAID members in the middle of the disk would be found again by the next partition table. */
async function wipeSignatures(disk: Disk, deps: EraseDeps): Promise<void> {
  const children = await deps.files.list(`/sys/block/${disk.name}`);
  const partitions = children.filter((name) => name.startsWith(disk.name));
  for (const name of [...partitions, disk.name])
    await deps.run('wipefs', ['--all', '--force', `/dev/${name}`]);
}

/** Tells the disk that nothing on it is needed. It may refuse, and may show anything afterwards: only zeros written later count. */
async function discard(disk: Disk, context: TaskContext, deps: EraseDeps): Promise<void> {
  const most = await readNumber(deps.files, `/sys/block/${disk.name}/queue/discard_max_bytes`);
  if (most === undefined || most === 0) return;
  context.report('Discard', `${describeDisk(disk)}: discarding all blocks`);
  await deps.run('blkdiscard', ['--force', `/dev/${disk.name}`], { signal: context.signal });
}

async function verify(device: BlockDevice, disk: Disk, range: Range): Promise<void> {
  const step = 4 * 1024 * 1024;
  for (const { position, length } of slicesOf(range.length, step)) {
    const bytes = await device.read(range.position + position, length);
    const at = bytes.length < length ? bytes.length : firstNonZero(bytes);
    if (at !== undefined)
      throw agentError(
        'EraseFailed',
        `${describeDisk(disk)}: expected zeros, but byte ${range.position + position + at} still holds data`,
      );
  }
}
