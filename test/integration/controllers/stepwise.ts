import type { BootProgress } from '../../../src/api/machine/boot.ts';
import type { Machine } from '../../../src/api/machine/schema.ts';
import type { TaskResult } from '../../../src/api/machine/task.ts';
import type { BootStage } from '../../../src/api/machine/timeline.ts';

/** The stages of a boot into the ephemeral OS, and those of the installed one. */
const ephemeral: readonly BootStage[] = ['Dhcp', 'Loader', 'Kernel', 'Network', 'Agent'];
const installed: readonly BootStage[] = ['Restarting', 'Restarted', 'OsDhcp', 'PhonedHome', 'Finished'];

/** The steps that an agent reports of each kind of task. */
const taskSteps: Readonly<Record<string, readonly string[]>> = {
  Inventory: ['Hardware', 'Neighbours'],
  Install: ['Disk', 'Write', 'Partitions', 'Seed', 'BootEntry', 'Sync'],
  Erase: ['Hardware', 'Signatures', 'Zero', 'Verify'],
};

/**
 * What racks see next of a machine that boots step by step; undefined: nothing, it has come to the end or to `stall`.
 *
 * @param of which half of a boot
 */
export function nextStage(
  { status }: Machine,
  generation: number,
  of: 'EphemeralOS' | 'Disk',
  stall: string | undefined,
  at: string,
): BootProgress | undefined {
  const before = status?.bootProgress;
  const seen = before?.generation === generation ? (before.seen ?? []) : [];
  const order = of === 'EphemeralOS' ? ephemeral : installed;
  const stage = order.find((one) => !seen.some((entry) => entry.stage === one));
  if (stage === undefined || stage === stall) return undefined;
  const rack = 'rack-1';
  const mac = status?.bootProgress?.mac ?? '52:54:00:00:00:01';
  return { generation, stage, at, rack, mac, seen: [...seen, { stage, at, rack, mac }] };
}

/**
 * What an agent says next of its task; `Done` when it has been through every step; undefined: nothing. `Heartbeat` as stall: it falls
 * silent in the middle; a step: it stays there and is heard all the time.
 */
export function nextTaskReport(
  { status }: Machine,
  { id, kind }: NonNullable<NonNullable<Machine['status']>['task']>,
  stall: string | undefined,
  updatedAt: string,
): TaskResult | 'Done' | undefined {
  if (stall === 'TaskStarted') return undefined;
  const before = status?.taskResult?.id === id ? status.taskResult : undefined;
  const steps = before?.steps ?? [];
  if (stall === 'Heartbeat' && steps.length === 2) return undefined;
  const current = steps.at(-1)?.step;
  if (current !== undefined && `Task${current}` === stall) {
    const silentMs = Date.parse(updatedAt) - Date.parse(before?.updatedAt ?? updatedAt);
    const percent = Math.min(99, (before?.percent ?? 0) + 1);
    return silentMs < 300 ? undefined : { ...before, id, outcome: 'Running', percent, updatedAt };
  }
  const step = (taskSteps[kind] ?? []).find((word) => !steps.some((entry) => entry.step === word));
  if (step === undefined) return 'Done';
  return { id, outcome: 'Running', step, updatedAt, steps: [...steps, { step, at: updatedAt }] };
}
