import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { agentError } from '../errors.ts';
import { complaint, type RunProgram } from '../host/programs.ts';
import { entryPrefix, ownEntry, parseBootEntries, planBootOrder, staleEntries } from './boot-entries.ts';
import { withMounted } from './disk-tools.ts';
import { efiPartition, type PartitionTable } from './partitions.ts';

export interface BootEntryRequest {
  disk: string;
  table: PartitionTable;
  /** Name of the OS, for the firmware's menu. */
  os: string;
  /** Where its EFI system partition is mounted, as of `withMounted`. */
  base?: string | undefined;
}

/** The path that firmware tries by itself, and where images have their loader. */
const loaders = ['EFI/BOOT/BOOTX64.EFI', 'EFI/BOOT/BOOTAA64.EFI', 'EFI/boot/bootx64.efi'];

/**
 * Makes the firmware know the installed OS, behind the network in its order. Only on machines that booted with UEFI.
 *
 * @returns what a person should know when it could not be done but the disk boots all the same
 * @throws BootEntryFailed when the disk has nothing that UEFI can start
 */
export async function writeBootEntry(
  run: RunProgram,
  request: BootEntryRequest,
): Promise<string | undefined> {
  const esp = efiPartition(request.table);
  if (esp === undefined)
    throw agentError(
      'BootEntryFailed',
      'this machine boots with UEFI, but the image has no EFI system partition',
    );
  const mount = { device: esp.device, type: 'vfat', readOnly: true, base: request.base };
  const loader = await withMounted(run, 'BootEntryFailed', mount, async (folder) => {
    for (const path of loaders) if (await exists(join(folder, path))) return path;
    return undefined;
  });
  if (loader === undefined)
    throw agentError('BootEntryFailed', `the image's EFI system partition has none of ${loaders.join(', ')}`);

  const before = await run('efibootmgr', ['-v']);
  if (before.status !== 0)
    return `no boot entry written (${complaint(before)}): the firmware starts ${loader} by itself`;
  for (const id of staleEntries(parseBootEntries(before.stdout)))
    await run('efibootmgr', ['-q', '-b', id, '-B']);
  const created = await run('efibootmgr', [
    ...['-q', '-c', '-d', request.disk, '-p', String(esp.number)],
    ...['-L', `${entryPrefix} ${request.os}`, '-l', `\\${loader.replaceAll('/', '\\')}`],
  ]);
  if (created.status !== 0)
    return `no boot entry written (${complaint(created)}): the firmware starts ${loader} by itself`;
  const entries = parseBootEntries((await run('efibootmgr', ['-v'])).stdout);
  const order = planBootOrder(entries);
  const own = ownEntry(entries);
  // The next start is known to be the disk's: no need to ask the network.
  if (own !== undefined) await run('efibootmgr', ['-q', '-n', own]);
  if (order.length > 0) await run('efibootmgr', ['-q', '-o', order.join(',')]);
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
