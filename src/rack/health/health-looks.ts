import { isDeepStrictEqual } from 'node:util';
import type { HardwareHealth } from '../../api/machine/health.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Logger } from '../../log/logger.ts';
import type { BmcLock } from '../power/bmc-lock.ts';
import { isPowering } from '../power/claim.ts';
import type { HardwareReport } from '../power/driver.ts';
import { openPowerDriver } from '../power/drivers.ts';
import { isPowerError } from '../power/errors.ts';
import { pauseAfter } from '../power/polls.ts';
import { readPowerTarget } from '../power/target.ts';
import { describeHealth } from './describe-health.ts';

/** Of server-side apply, for `status.health`. */
const fieldManager = 'metalwright-rack-health';

/** Who counts what is read. */
export interface HealthMeter {
  /** The machine's readings, in the place of the former ones. */
  healthRead(machine: string, report: Pick<HardwareReport, 'overall' | 'sensors'>, at: number): void;
  healthLooked(result: 'Read' | 'Failed'): void;
  logEntry(severity: string): void;
  /** Forgets machines that are none of these. */
  keepHealth(machines: ReadonlySet<string>): void;
}

export interface HealthLooksDeps {
  client: Pick<KubeClient, 'get' | 'applyStatus'>;
  events: Pick<EventRecorder, 'event'>;
  rackName: string;
  /** Where the credentials are. */
  namespace: string;
  lock: BmcLock;
  meter: HealthMeter;
  clock: Clock;
  log: Logger;
  intervalMs: number;
  /** For tests. */
  openDriver?: typeof openPowerDriver;
}

/** Looks at the health of machines, one at a time. */
export interface HealthLooks {
  /** Never throws. Asks nothing while somebody powers the machine, or while its BMC is to be left alone. */
  look(machine: Machine, signal: AbortSignal): Promise<void>;
  /** Forgets machines that are none of these. */
  keepOnly(machines: readonly Machine[]): void;
}

/** A BMC with many sensors, asked slowly, is done within this. */
const longestLookMs = 5 * 60_000;
/** Of a burst of critical entries, so many become Events. */
const mostEvents = 5;

export function createHealthLooks(deps: HealthLooksDeps): HealthLooks {
  const { clock, meter, openDriver = openPowerDriver } = deps;
  const log = deps.log.child({ component: 'bmc-health' });
  const failing = new Map<string, { failures: number; notBefore: number }>();

  async function read(machine: Machine, signal: AbortSignal): Promise<HardwareReport | undefined> {
    const found = await readPowerTarget(machine, deps.client, deps.namespace);
    if (found === undefined) return undefined;
    const driver = openDriver(found.driver, found.target, deps.lock, { log });
    try {
      const cursor = machine.status?.health?.eventLog?.cursor;
      return await driver.health?.({ cursor }, signal);
    } finally {
      await driver.close();
    }
  }

  function tell(machine: Machine, { log: { news } }: HardwareReport): void {
    const { name, uid } = machine.metadata;
    const about = { apiVersion, kind: 'Machine', name, uid };
    for (const { severity } of news) meter.logEntry(severity);
    const critical = news.filter(({ severity }) => severity === 'Critical');
    for (const { at, message } of critical.slice(-mostEvents)) {
      const when = at === undefined ? '' : ` (${at})`;
      deps.events.event(about, 'Warning', 'HardwareEvent', `${message}${when}`);
    }
  }

  async function store(machine: Machine, report: HardwareReport): Promise<void> {
    const health = describeHealth(report, deps.rackName);
    if (isSame(machine.status?.health, health)) return;
    const { name, uid } = machine.metadata;
    try {
      await deps.client.applyStatus(
        machineKind,
        { metadata: { name, uid }, status: { health } },
        { fieldManager },
      );
    } catch (error) {
      if (!isKubeError(error, 'NotFound', 'Conflict')) throw error;
    }
  }

  return {
    async look(machine, signal) {
      const { name } = machine.metadata;
      if (isPowering(machine) || (failing.get(name)?.notBefore ?? 0) > clock.now()) return;
      try {
        const report = await read(machine, AbortSignal.any([signal, AbortSignal.timeout(longestLookMs)]));
        failing.delete(name);
        if (report === undefined) return;
        meter.healthLooked('Read');
        meter.healthRead(name, report, clock.now());
        // First what may be told twice, then the cursor that says it was told.
        tell(machine, report);
        await store(machine, report);
      } catch (error) {
        if (signal.aborted) return;
        const failures = (failing.get(name)?.failures ?? 0) + 1;
        const retryable = !isPowerError(error) || error.retryable;
        failing.set(name, {
          failures,
          notBefore: clock.now() + pauseAfter(retryable, failures, deps.intervalMs),
        });
        meter.healthLooked('Failed');
        log.debug({ machine: name, error: messageOf(error) }, 'the health of a machine was not read');
      }
    },
    keepOnly(machines) {
      const names = new Set(machines.map(({ metadata }) => metadata.name));
      for (const name of failing.keys()) if (!names.has(name)) failing.delete(name);
      meter.keepHealth(names);
    },
  };
}

/** Another rack that reads the same is no news. */
function isSame(before: HardwareHealth | undefined, after: HardwareHealth): boolean {
  return before !== undefined && isDeepStrictEqual({ ...before, rack: after.rack }, after);
}
