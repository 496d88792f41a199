import { disksToErase as builtIn } from '../erase/plan.ts';
import { describeDisk } from '../install/choose-root-disk.ts';
import { readDisks } from '../inventory/disks.ts';
import { judgeSmart } from './smart.ts';
import { failed, type HardwareTest, passed, skipped } from './types.ts';

/** Every disk that is built in is asked what it thinks of itself: SMART of ATA and SCSI, the health log of NVMe. */
export const diskHealthTest: HardwareTest = async (context) => {
  const disks = builtIn(await readDisks(context.files));
  const problems: string[] = [];
  const notes: string[] = [];
  let told = 0;
  for (const [index, disk] of disks.entries()) {
    context.progress(`asking ${disk.name}`, (index / disks.length) * 100);
    const { stdout } = await context.run(
      'smartctl',
      ['--json=c', '--info', '--health', '--attributes', `/dev/${disk.name}`],
      { signal: context.signal },
    );
    context.signal.throwIfAborted();
    const health = judgeSmart(stdout);
    if (health === undefined) continue;
    told += 1;
    problems.push(...health.problems.map((problem) => `${describeDisk(disk)}: ${problem}`));
    notes.push(...health.notes.map((note) => `${disk.name}: ${note}`));
  }
  if (problems.length > 0) return failed(problems);
  if (disks.length === 0) return skipped('no disk is built in');
  if (told === 0) return skipped(`${disks.length} disks, none of which tells its health`);
  const silent = disks.length - told;
  const words = [`${told} disks call themselves healthy`];
  if (silent > 0) words.push(`${silent} do not tell`);
  return passed([...words, ...notes].join('; '));
};
