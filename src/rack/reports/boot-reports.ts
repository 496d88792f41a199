import { type BootProgress, bootStages, type Machine, machineKind } from '../../api/machine/schema.ts';
import { messageOf } from '../../errors/coded-error.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Controller, runController } from '../../kube/controller.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { BootReport } from '../agent-api/ports.ts';
import type { World } from '../world/world.ts';

/** Of server-side apply, for `status.bootProgress`. */
const fieldManager = 'metalwright-rack-boot';

/** Whether a report says more than what is stored: a later generation, a later stage, or another place. */
export function isNews(stored: BootProgress | undefined, report: BootReport): boolean {
  if (stored === undefined || report.generation > stored.generation) return true;
  if (report.generation < stored.generation) return false;
  const steps = bootStages.indexOf(report.stage) - bootStages.indexOf(stored.stage);
  if (steps !== 0) return steps > 0;
  const moved = (field: 'mac' | 'vlan' | 'subnet' | 'address'): boolean =>
    report[field] !== undefined && report[field] !== stored[field];
  return moved('mac') || moved('vlan') || moved('subnet') || moved('address');
}

/** What a newer report leaves unsaid is kept from the older one, within a generation. */
export function mergeReports(older: BootReport | undefined, newer: BootReport): BootReport {
  return older === undefined || older.generation !== newer.generation ? newer : { ...older, ...newer };
}

export interface BootReports {
  report(machine: string, report: BootReport): void;
  start(): void;
  stop(): Promise<void>;
}

/** Writes how far machines have come. Reports of one machine that come while a write is under way become one write. */
export function createBootReports(deps: {
  client: KubeClient;
  world: Pick<World, 'machines'>;
  rackName: string;
  log: Logger;
}): BootReports {
  const pending = new Map<string, BootReport>();
  const controller: Controller = runController({
    name: 'boot-reports',
    log: deps.log,
    async reconcile(name) {
      const report = pending.get(name);
      if (report === undefined) return undefined;
      const machine = await deps.client.get(machineKind, name);
      if (machine !== undefined && isNews(machine.status?.bootProgress, report)) {
        await write(machine, report);
      }
      if (pending.get(name) === report) pending.delete(name);
      return pending.has(name) ? { requeueAfterMs: 0 } : undefined;
    },
  });

  async function write(machine: Machine, report: BootReport): Promise<void> {
    const { name, resourceVersion, uid } = machine.metadata;
    const bootProgress = { ...mergeReports(machine.status?.bootProgress, report), rack: deps.rackName };
    try {
      await deps.client.applyStatus(
        machineKind,
        { metadata: { name, resourceVersion, uid }, status: { bootProgress } },
        { fieldManager },
      );
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return;
      deps.log.debug({ machine: name, error: messageOf(error) }, 'boot report is written again');
      throw error;
    }
  }

  return {
    report(machine, report) {
      const held = pending.get(machine);
      const base = held ?? deps.world.machines.get(machine)?.status?.bootProgress;
      if (!isNews(base === undefined ? undefined : { rack: deps.rackName, ...base }, report)) return;
      pending.set(machine, mergeReports(held, report));
      controller.enqueue(machine);
    },
    start: () => controller.start(),
    stop: () => controller.stop(),
  };
}
