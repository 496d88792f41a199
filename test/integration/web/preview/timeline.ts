import type { MachinePhase } from '../../../../src/api/machine/phases.ts';
import type { MachineStatus } from '../../../../src/api/machine/status.ts';
import type { Timeline } from '../../../../src/api/machine/timeline.ts';

/** Steps of a boot and the seconds that each took. */
const boot = [
  ['PowerRequested', 0],
  ['PowerClaimed', 1.2],
  ['PoweredOn', 14.6],
  ['Dhcp', 71.3],
  ['Loader', 3.1],
  ['Kernel', 1.4],
  ['Network', 9.8],
  ['Agent', 11.2],
  ['TaskStarted', 1.1],
  ['TaskFetching', 4.2],
  ['TaskWriting', 38.5],
  ['TaskVerifying', 6.3],
  ['TaskEnded', 2.2],
  ['Restarting', 3],
  ['OsDhcp', 88.4],
  ['PhonedHome', 17.9],
  ['Finished', 9.5],
] as const;

/** How many of the steps a machine in the phase has behind it. */
const done: Partial<Record<MachinePhase, number>> = {
  Commissioning: 5,
  Deploying: 11,
  Deployed: boot.length,
};

/** The story of a boot, and how far its task is. */
export function aTimeline(
  phase: MachinePhase | undefined,
): Pick<MachineStatus, 'timeline' | 'task' | 'taskResult'> | undefined {
  const count = phase === undefined ? undefined : done[phase];
  if (count === undefined) return undefined;
  const begun = Date.now() - boot.slice(0, count).reduce((sum, [, seconds]) => sum + seconds, 20) * 1000;
  let at = begun;
  const steps = boot.slice(0, count).map(([step, durationSeconds]): Timeline['steps'][number] => {
    at += durationSeconds * 1000;
    return { step, at: new Date(at).toISOString(), durationSeconds };
  });
  const awaited = boot[count]?.[0];
  const work = phase === 'Commissioning' ? 'Inventory' : 'Install';
  return {
    timeline: { generation: 7, work, steps, ...(awaited === undefined ? {} : { awaited }) },
    task: { id: 'task-7', generation: 7, kind: work },
    ...(phase === 'Deploying'
      ? {
          taskResult: {
            id: 'task-7',
            outcome: 'Running',
            step: 'Writing',
            percent: 62,
            message: 'debian-12 to /dev/nvme0n1: 1.9 of 3.1 GB',
            updatedAt: new Date().toISOString(),
          },
        }
      : {}),
  };
}
