import { createHash } from 'node:crypto';
import type { Machine } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import type { CodedError } from '../../errors/coded-error.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Logger } from '../../log/logger.ts';
import type { World } from '../world/world.ts';
import type { BmcLock } from './bmc-lock.ts';
import type { Breakers } from './breaker.ts';
import { isPowering } from './claim.ts';
import type { PowerState } from './driver.ts';
import { openPowerDriver } from './drivers.ts';
import { isPowerError, type PowerErrorCode, powerError } from './errors.ts';
import { readPowerState } from './executor.ts';
import { storePowerState } from './power-status.ts';
import { readPowerTarget } from './target.ts';

export interface PowerPollsDeps {
  client: Pick<KubeClient, 'get' | 'applyStatus'>;
  world: Pick<World, 'machines'>;
  events: Pick<EventRecorder, 'event'>;
  /** Where the credentials are. */
  namespace: string;
  lock: BmcLock;
  clock: Clock;
  log: Logger;
  /** Between two looks at a BMC that answers. */
  intervalMs: number;
  /** Holds looks at silent BMCs back. Default: nothing is held back but by the pauses of each machine. */
  breakers?: Breakers | undefined;
  /** Told whether a BMC answered this rack, once that is sure. */
  reached?(machine: Machine, reaches: boolean): Promise<void>;
  /** For tests. */
  openDriver?: typeof openPowerDriver;
}

/** A BMC that hangs in spite of its driver's own timeouts is given up after this. */
export const longestPollMs = 40_000;
const minute = 60_000;

/**
 * How long a BMC is left alone after a failure. Those that lock a user out after a few wrong passwords do so for minutes, and no
 * repetition mends a wrong setting: then it is 5, 10 and 15 minutes. One that does not answer is asked less and less often.
 */
export function pauseAfter(retryable: boolean, failures: number, intervalMs: number): number {
  if (!retryable) return Math.min(5 * failures, 15) * minute;
  return Math.min(intervalMs * 2 ** Math.min(failures - 1, 20), Math.max(5 * minute, intervalMs));
}

/** What is known of a BMC from polling it. */
interface Known {
  /** Of its address, settings and credentials: with new ones it is asked at once. */
  fingerprint: string;
  failures: number;
  /** When it may be asked again. */
  notBefore: number;
  /** The failure that people were told of. */
  told: PowerErrorCode | undefined;
}

/** Looks at power states, one machine at a time. */
export interface PowerPolls {
  /** Never throws. Asks nothing while somebody powers the machine, or while its BMC is to be left alone. */
  poll(machine: Machine, signal: AbortSignal): Promise<void>;
  /** Forgets machines that are none of these. */
  keepOnly(machines: readonly Machine[]): void;
}

/** Held: the BMC was not asked, since it did not answer others. */
type Look = { state: PowerState; error?: CodedError<PowerErrorCode>; isHeld?: true };

const heldBack: Look = { state: 'Unknown', isHeld: true };

export function createPowerPolls(deps: PowerPollsDeps): PowerPolls {
  const { clock, world, intervalMs, breakers, openDriver = openPowerDriver } = deps;
  const log = deps.log.child({ component: 'power-poller' });
  const known = new Map<string, Known>();

  /** Undefined when there is nothing to look at, or no reason to look now. */
  async function look(machine: Machine, signal: AbortSignal): Promise<Look | undefined> {
    const { name } = machine.metadata;
    let fingerprint = 'none';
    const isDue = (): boolean => {
      const before = known.get(name);
      if (before?.fingerprint === fingerprint) return before.notBefore <= clock.now();
      known.set(name, { fingerprint, failures: 0, notBefore: 0, told: before?.told });
      return true;
    };
    try {
      const found = await readPowerTarget(machine, deps.client, deps.namespace);
      if (found === undefined || signal.aborted) return undefined;
      fingerprint = createHash('sha256').update(JSON.stringify(found)).digest('base64');
      if (!isDue()) return undefined;
      return await ask(found, signal);
    } catch (error) {
      if (isPowerError(error)) return isDue() ? { state: 'Unknown', error } : undefined;
      if (signal.aborted || !isTimeout(error)) throw error;
      const seen = `no end within ${longestPollMs / 1000} s`;
      return { state: 'Unknown', error: powerError('BmcUnreachable', seen, { retryable: true }) };
    }
  }

  /** @throws as `readPowerState` does, and a TimeoutError */
  async function ask(
    { driver: name, target }: NonNullable<Awaited<ReturnType<typeof readPowerTarget>>>,
    signal: AbortSignal,
  ): Promise<Look> {
    const { address } = target;
    const admission = breakers?.admit(address);
    if (admission?.kind === 'wait') return heldBack;
    let isHeld = false;
    // Those that stand in the BMC's queue when it turns out to be dead leave it.
    const admit = (): void => {
      isHeld = admission?.isTrial === false && breakers?.isOpen(address) === true;
      if (isHeld) throw powerError('BmcUnreachable', 'it did not answer others');
    };
    const lock: BmcLock = { run: (to, kind, work, by) => deps.lock.run(to, kind, work, by, admit) };
    const driver = openDriver(name, target, lock, { log });
    try {
      const seen = await readPowerState(
        driver,
        AbortSignal.any([signal, AbortSignal.timeout(longestPollMs)]),
      );
      if (isHeld) return heldBack;
      breakers?.report(address, seen.error?.code !== 'BmcUnreachable');
      return seen;
    } catch (error) {
      if (!signal.aborted && isTimeout(error)) breakers?.report(address, false);
      throw error;
    } finally {
      await driver.close();
    }
  }

  function judge(machine: Machine, { error }: Look): Known | undefined {
    const { name, uid } = machine.metadata;
    const before = known.get(name);
    if (before === undefined) return undefined;
    const about = { apiVersion, kind: 'Machine', name, uid };
    if (error === undefined) {
      if (before.told !== undefined)
        deps.events.event(about, 'Normal', 'BmcAnswers', 'the BMC answers again');
      return { ...before, failures: 0, notBefore: 0, told: undefined };
    }
    const failures = before.failures + 1;
    const notBefore = clock.now() + pauseAfter(error.retryable, failures, intervalMs);
    // One lost packet is no news.
    const tell = before.told !== error.code && (failures > 1 || !error.retryable);
    if (tell) deps.events.event(about, 'Warning', error.code, error.message);
    log.debug({ machine: name, code: error.code, failures }, error.message);
    return { ...before, failures, notBefore, told: tell ? error.code : before.told };
  }

  async function store(name: string, state: PowerState): Promise<void> {
    // The cache may have moved on while the BMC was thinking.
    const now = world.machines.get(name);
    if (now !== undefined && !isPowering(now)) await storePowerState(now, state, deps.client);
  }

  return {
    async poll(machine, signal) {
      const { name } = machine.metadata;
      if (isPowering(machine)) return;
      try {
        const seen = await look(machine, signal);
        if (seen === undefined) return;
        if (seen.isHeld === true) return await store(name, seen.state);
        const judged = judge(machine, seen);
        if (judged === undefined) return;
        known.set(name, judged);
        const isSure = seen.error === undefined || judged.failures > 1 || !seen.error.retryable;
        if (!isSure) return;
        await store(name, seen.state);
        const code = seen.error?.code;
        if (code === undefined || code === 'BmcUnreachable')
          await deps.reached?.(machine, code === undefined);
      } catch (error) {
        if (!signal.aborted)
          log.debug({ machine: name, error: messageOf(error) }, 'a poll was not completed');
      }
    },
    keepOnly(machines) {
      const names = new Set(machines.map(({ metadata }) => metadata.name));
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    },
  };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
