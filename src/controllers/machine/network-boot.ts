import type { TaskIntent } from '../../api/machine/task.ts';
import { bmcSetupOrder } from '../bmc-setup/policy.ts';
import type { OwnedStatus } from './decision.ts';
import { hasPower, type Observed, statusOf } from './observed.ts';
import { followPower, powerRequest } from './power.ts';
import type { MachineReason } from './reasons.ts';
import { millis, timestamp } from './time.ts';
import type { MachineTimings } from './timings.ts';

/** What an agent shall do, beside id and generation, which follow from the boot. */
export type TaskWish = Omit<TaskIntent, 'id' | 'generation'>;

const idWords = {
  Inventory: 'inventory',
  Test: 'test',
  Install: 'install',
  Erase: 'erase',
  Rescue: 'rescue',
} as const;

/** The power request's id and the task's, for a boot generation: the same however often they are worked out. */
function idsOf(generation: number, kind: TaskIntent['kind']): { power: string; task: string } {
  return { power: `g${generation}-boot`, task: `g${generation}-${idWords[kind]}` };
}

/**
 * A boot generation that no rack has seen. Where the status was lost, counting from 1 would repeat what racks remember; the
 * minutes since the epoch are beyond it.
 */
export function nextGeneration(observed: Observed, now: number): number {
  const { boot, bootProgress, phase } = statusOf(observed);
  const last = Math.max(boot?.generation ?? 0, bootProgress?.generation ?? 0);
  return (last === 0 && phase !== 'New' ? Math.floor(now / 60_000) : last) + 1;
}

/**
 * The intent of a network boot into the ephemeral OS with a task: boot, task and power request in one write, so that none is ever
 * seen without the others.
 *
 * @param limitMs after which no boot token is issued, where a person switches the machine on
 */
export function networkBoot(
  observed: Observed,
  now: number,
  timings: MachineTimings,
  task: TaskWish,
  limitMs: number,
): Partial<OwnedStatus> {
  const generation = nextGeneration(observed, now);
  const ids = idsOf(generation, task.kind);
  const powered = hasPower(observed);
  const expiresAt = timestamp(now + (powered ? 2 * timings.power + timings.boot : limitMs));
  const device = observed.machine.spec.boot?.method ?? 'Network';
  const request = powerRequest(ids.power, 'Cycle', now, device);
  // A system that runs and shall run again writes what it holds in memory: without that, files of its last minute are empty.
  const leaves = statusOf(observed).phase === 'Deployed';
  return {
    boot: { generation, target: 'EphemeralOS', expiresAt },
    task: { ...task, id: ids.task, generation, ...bmcOrderOf(observed, task, generation) },
    power: powered ? { request: leaves ? { ...request, mode: 'Soft' } : request } : undefined,
  };
}

/** An inventory sets up the BMC on the way, where that is wanted. */
function bmcOrderOf(observed: Observed, { kind }: TaskWish, generation: number): Pick<TaskIntent, 'bmc'> {
  const { machine, bmcSetup } = observed;
  if (kind !== 'Inventory' || bmcSetup === undefined) return {};
  const order = bmcSetupOrder(machine, generation, bmcSetup);
  return order === undefined ? {} : { bmc: order };
}

/** How far the task of the present boot is. */
export type TaskProgress =
  | { kind: 'Done' }
  | { kind: 'Failed'; reason: string; seen: string }
  | { kind: 'Waiting'; reason: MachineReason; until: number };

/** What the reasons are called in a phase. */
export interface TaskWords {
  /** While the agent works. */
  working: MachineReason;
  /** When the whole took too long. */
  timeout: 'CommissioningTimeout' | 'TestTimeout' | 'InstallTimeout' | 'EraseTimeout' | 'RescueTimeout';
  limitMs: number;
}

/** What became of the present boot and its task. */
export function followTask(
  observed: Observed,
  now: number,
  timings: MachineTimings,
  words: TaskWords,
): TaskProgress {
  const { task, taskResult, stepSince } = statusOf(observed);
  const since = millis(stepSince, now);
  const limit = since + words.limitMs;
  if (task !== undefined && taskResult?.id === task.id) {
    if (taskResult.outcome === 'Succeeded') return { kind: 'Done' };
    if (taskResult.outcome === 'Failed') {
      const at = taskResult.step === undefined ? '' : ` (at ${taskResult.step})`;
      const seen = `${taskResult.message ?? 'the agent gave no message'}${at}`;
      return { kind: 'Failed', reason: taskResult.reason ?? `${task.kind}Failed`, seen };
    }
    const last = taskResult.step === undefined ? 'it took the task' : `it was at ${taskResult.step}`;
    const heard = millis(taskResult.updatedAt, since);
    const silentAt = heard + timings.agentSilence;
    if (now >= silentAt) {
      const seen = `the agent was last heard at ${timestamp(heard)}, when ${last}`;
      return { kind: 'Failed', reason: 'AgentSilent', seen };
    }
    if (now >= limit) return { kind: 'Failed', reason: words.timeout, seen: `not ended; ${last}` };
    return { kind: 'Waiting', reason: words.working, until: Math.min(silentAt, limit) };
  }
  return followBoot(observed, now, timings, limit);
}

function followBoot(observed: Observed, now: number, timings: MachineTimings, limit: number): TaskProgress {
  const status = statusOf(observed);
  const powered = hasPower(observed) && status.power?.request !== undefined;
  const power = powered ? followPower(observed, now, timings) : undefined;
  if (power?.kind === 'Failed') return power;
  if (power?.kind === 'Waiting') return { kind: 'Waiting', reason: 'PoweringOn', until: power.until };
  const progress =
    status.bootProgress?.generation === status.boot?.generation ? status.bootProgress : undefined;
  const agentAt = progress?.stage === 'Agent' ? millis(progress.at, now) : 0;
  const poweredAt = power?.at ?? millis(status.stepSince, now);
  const until = powered ? Math.max(poweredAt + timings.boot, agentAt + timings.agentSilence) : limit;
  if (now >= Math.min(until, limit)) {
    const hasMedia = observed.machine.spec.boot?.method === 'VirtualMedia';
    return { kind: 'Failed', ...(hasMedia ? lastSeenOfMedia : lastSeen)(progress?.stage) };
  }
  const reason = powered || progress !== undefined ? 'Booting' : 'AwaitingPerson';
  return { kind: 'Waiting', reason, until: Math.min(until, limit) };
}

/** The failure that a boot ended in, by the last thing that a rack saw of it. */
function lastSeen(stage: string | undefined): { reason: string; seen: string } {
  switch (stage) {
    case undefined:
      return { reason: 'NoDhcp', seen: 'no DHCP request from it reached a rack' };
    case 'Dhcp':
      return { reason: 'NoLoader', seen: 'it got an address by DHCP, and then asked for nothing' };
    case 'Loader':
      return { reason: 'NoKernel', seen: 'it fetched the boot loader, and then no kernel' };
    case 'Kernel':
      return { reason: 'AgentSilent', seen: 'it fetched the kernel, and then the agent never called' };
    case 'Network':
      return {
        reason: 'AgentSilent',
        seen: 'its kernel started and asked for an address, and then the agent never called',
      };
    default:
      return { reason: 'AgentSilent', seen: 'the agent called once, and then reported nothing of its task' };
  }
}

/** The same for a boot from an ISO: who reads it is the BMC, and nothing else is heard before the agent. */
function lastSeenOfMedia(stage: string | undefined): { reason: string; seen: string } {
  if (stage === undefined) return { reason: 'MediaNotRead', seen: 'its BMC never read the ISO' };
  if (stage !== 'Loader') return lastSeen(stage);
  return { reason: 'AgentSilent', seen: 'its BMC read the ISO, and then the agent never called' };
}
