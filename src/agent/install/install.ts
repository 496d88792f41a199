import { messageOf } from '../../errors/coded-error.ts';
import type { InstallTask } from '../contract.ts';
import { agentError, isAgentError } from '../errors.ts';
import type { OpenBlockDevice } from '../host/block-device.ts';
import type { Files } from '../host/files.ts';
import type { RunProgram } from '../host/programs.ts';
import { readDisks } from '../inventory/disks.ts';
import { readFirmwareMode } from '../inventory/firmware.ts';
import type { Disk } from '../inventory/types.ts';
import { readUdevRecord } from '../inventory/udev.ts';
import type { OpenDownload } from '../rack/http.ts';
import type { Timing } from '../time.ts';
import type { TaskContext } from '../work.ts';
import { writeBootEntry } from './boot-entry.ts';
import { chooseRootDisk, describeDisk } from './choose-root-disk.ts';
import { readPartitions, rereadPartitions, unmountLeftovers, withMounted } from './disk-tools.ts';
import { fetchImage } from './fetch-image.ts';
import { findRoot } from './find-root.ts';
import { growFileSystem, growLastPartition } from './grow.ts';
import { writeSeed } from './seed.ts';
import { writeImage } from './write-image.ts';

export interface InstallDeps {
  /** Base URL of the rack. */
  rack: string;
  files: Files;
  run: RunProgram;
  timing: Timing;
  openDevice: OpenBlockDevice;
  openDownload: OpenDownload;
  /** Where file systems are mounted; in tests elsewhere. */
  mountBase?: string;
}

/** Puts an image on the root disk and makes it this machine's own. */
export async function install(
  task: InstallTask,
  context: TaskContext,
  deps: InstallDeps,
): Promise<{ message: string }> {
  context.report('Disk', 'choosing the root disk');
  await unmountLeftovers(deps, 'DiskWriteFailed', deps.mountBase);
  const disk = await pickDisk(task, deps);
  const path = `/dev/${disk.name}`;
  context.report('Disk', `installing on ${describeDisk(disk)}`);
  await transfer(task, disk, context, deps);

  context.report('Partitions', 'growing the last partition');
  await rereadPartitions(deps.run, path);
  const table = await readPartitions(deps.run, path);
  if (table !== undefined) {
    await growLastPartition(deps.run, path, table);
    await rereadPartitions(deps.run, path);
  }

  const root = await findRoot(deps.run, path, table, deps.mountBase);
  context.report('Seed', `writing host name, keys and network of ${root.os} to ${root.device}`);
  await withMounted(deps.run, 'SeedFailed', { ...root, base: deps.mountBase }, async (folder) => {
    await growFileSystem(deps.run, root.device, root.type, folder);
    await writeSeed(folder, task.seed).catch((error: unknown) => {
      throw agentError('SeedFailed', messageOf(error), { cause: error });
    });
  });

  let note: string | undefined;
  if (table !== undefined && (await readFirmwareMode(deps.files)) === 'UEFI') {
    context.report('BootEntry', 'telling the firmware');
    note = await writeBootEntry(deps.run, {
      ...{ disk: path, table, os: task.osName },
      base: deps.mountBase,
    });
  }
  context.report('Sync', 'waiting until everything is on the disk');
  await deps.run('sync', []);
  const done = `${root.os} is installed on ${describeDisk(disk)}`;
  return { message: note === undefined ? done : `${done}; ${note}` };
}

async function pickDisk(task: InstallTask, deps: InstallDeps): Promise<Disk> {
  const disks = await readDisks(deps.files);
  const links = new Map<string, readonly string[]>();
  for (const disk of disks) {
    const numbers = await deps.files.readText(`/sys/block/${disk.name}/dev`);
    const record = await readUdevRecord(deps.files, numbers);
    links.set(
      disk.name,
      record.links.map((link) => `/dev/${link}`),
    );
  }
  const rawSizeBytes =
    task.image.rawSizeBytes ?? (task.image.format === 'Raw' ? task.image.sizeBytes : undefined);
  const choice = chooseRootDisk(disks, task.rootDisk, rawSizeBytes, (disk) => links.get(disk.name) ?? []);
  if ('disk' in choice) return choice.disk;
  throw agentError(choice.code, choice.message);
}

async function transfer(
  task: InstallTask,
  disk: Disk,
  context: TaskContext,
  deps: InstallDeps,
): Promise<void> {
  const source = fetchImage(
    {
      url: `${deps.rack}${task.image.path}`,
      sessionKey: context.sessionKey,
      sizeBytes: task.image.sizeBytes,
      signal: context.signal,
    },
    {
      open: deps.openDownload,
      timing: deps.timing,
      onBreak: (message) => context.report('Write', message),
    },
  );
  const device = await deps.openDevice(disk).catch((error: unknown) => {
    throw agentError('DiskWriteFailed', `${disk.name} cannot be opened: ${messageOf(error)}`);
  });
  try {
    await writeImage(task.image, source, device, context, context.signal);
  } catch (error) {
    throw isAgentError(error) ? error : agentError('DiskWriteFailed', messageOf(error), { cause: error });
  } finally {
    await device.close();
  }
}
