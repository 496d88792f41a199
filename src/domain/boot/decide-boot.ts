import { type Approvable, isApproved, mayRunTask } from '../lifecycle/approval.ts';

/** The part of a machine that decides what it boots. Times are RFC 3339. */
export interface BootableMachine extends Approvable {
  status?:
    | {
        approval?: object | undefined;
        phase?: string | undefined;
        boot?:
          | { generation: number; target: 'Disk' | 'EphemeralOS'; expiresAt?: string | undefined }
          | undefined;
        task?: { id: string; generation: number; kind: keyof typeof purposes } | undefined;
        taskResult?: { id: string; outcome: 'Running' | 'Succeeded' | 'Failed' } | undefined;
      }
    | undefined;
}

/** What a boot into the ephemeral OS is for. */
export type BootPurpose = 'Commission' | 'Test' | 'Install' | 'Erase' | 'Rescue';

/** Why a machine is sent to its own disk. */
export type LocalDiskReason = 'NotApproved' | 'NotExpected' | 'Expired' | 'NoTask' | 'TaskEnded';

/** What a machine gets that asks the network how to boot. */
export type BootDecision =
  | { kind: 'EphemeralOS'; generation: number; purpose: BootPurpose }
  | { kind: 'LocalDisk'; why: LocalDiskReason }
  | { kind: 'Enlist' };

const purposes = {
  Inventory: 'Commission',
  Test: 'Test',
  Install: 'Install',
  Erase: 'Erase',
  Rescue: 'Rescue',
} as const;

/**
 * The network boots a machine only into work that somebody waits for: a task of the present boot generation that has not
 * ended. Everything else goes to the disk, so that an installed machine comes up while the operator is away. Who is not
 * known is asked what it is; so is one whose inventory is awaited and that nobody has approved. One that is not approved gets
 * nothing else but what erases it.
 *
 * @param machine undefined when no Machine has the MAC address
 * @param now milliseconds since the epoch
 */
export function decideBoot(machine: BootableMachine | undefined, now: number): BootDecision {
  if (machine === undefined) return { kind: 'Enlist' };
  const { boot, phase, task, taskResult } = machine.status ?? {};
  if (!isApproved(machine) && phase === 'Enlisting') return { kind: 'Enlist' };
  if (boot === undefined || boot.target !== 'EphemeralOS') return { kind: 'LocalDisk', why: 'NotExpected' };
  // A time that does not parse is NaN, and then nothing is less: it counts as over.
  if (boot.expiresAt !== undefined && !(now < Date.parse(boot.expiresAt)))
    return { kind: 'LocalDisk', why: 'Expired' };
  if (task === undefined || task.generation !== boot.generation) return { kind: 'LocalDisk', why: 'NoTask' };
  if (!mayRunTask(machine, task.kind)) return { kind: 'LocalDisk', why: 'NotApproved' };
  if (taskResult?.id === task.id && taskResult.outcome !== 'Running')
    return { kind: 'LocalDisk', why: 'TaskEnded' };
  return { kind: 'EphemeralOS', generation: boot.generation, purpose: purposes[task.kind] };
}
