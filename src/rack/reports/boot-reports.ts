import { machineKind } from '../../api/machine/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Controller, runController } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { BootReport } from '../agent-api/ports.ts';
import type { World } from '../world/world.ts';
import { isNews, mergeReports } from './boot-report.ts';

/** Of server-side apply, for `status.bootProgress`. */
const fieldManager = 'metalwright-rack-boot';

/** Soon after the API server is back, what was kept is written: an operator waits for it. */
const backoff = { baseMs: 200, maxMs: 10_000 } as const;

export interface BootReports {
  report(machine: string, report: BootReport): void;
  start(): void;
  stop(): Promise<void>;
}

/**
 * Writes how far machines have come. One report a machine waits, with all that came since the last write in it: nothing is lost while
 * the API server is away, and the memory it takes is bounded by the number of machines.
 */
export function createBootReports(deps: {
  client: Pick<KubeClient, 'get' | 'applyStatus'>;
  world: Pick<World, 'machines'>;
  rackName: string;
  log: Logger;
  timers?: Timers | undefined;
}): BootReports {
  const { client, world, rackName, log } = deps;
  const pending = new Map<string, BootReport>();
  const controller: Controller = runController({
    name: 'boot-reports',
    log,
    backoff,
    timers: deps.timers,
    async reconcile(name) {
      const report = pending.get(name);
      if (report === undefined) return undefined;
      await store(name, report);
      // Another that came meanwhile has enqueued the machine again.
      if (pending.get(name) === report) pending.delete(name);
      return undefined;
    },
  });

  async function store(name: string, report: BootReport): Promise<void> {
    const machine = await client.get(machineKind, name);
    const stored = machine?.status?.bootProgress;
    if (machine === undefined || !isNews(stored, report)) return;
    const { resourceVersion, uid } = machine.metadata;
    const bootProgress = { ...mergeReports(stored, report), rack: rackName };
    try {
      await client.applyStatus(
        machineKind,
        { metadata: { name, resourceVersion, uid }, status: { bootProgress } },
        { fieldManager },
      );
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return;
      if (!isKubeError(error, 'Invalid', 'BadRequest')) throw error;
      // It would be refused again, for ever.
      log.error(
        { machine: name, report, error: messageOf(error) },
        'a boot report was refused and is dropped',
      );
    }
  }

  return {
    report(machine, report) {
      const held = pending.get(machine);
      if (!isNews(held ?? world.machines.get(machine)?.status?.bootProgress, report)) return;
      pending.set(machine, mergeReports(held, report));
      controller.enqueue(machine);
    },
    start: () => controller.start(),
    stop: () => controller.stop(),
  };
}
