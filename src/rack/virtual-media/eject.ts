import type { Machine } from '../../api/machine/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { type Controller, runController } from '../../kube/controller.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { Logger } from '../../log/logger.ts';
import type { BmcLock } from '../power/bmc-lock.ts';
import { isPowering } from '../power/claim.ts';
import { openPowerDriver } from '../power/drivers.ts';
import { isPowerError } from '../power/errors.ts';
import { readPowerTarget } from '../power/target.ts';
import type { World } from '../world/world.ts';
import { clearMediaState } from './media-status.ts';
import type { MediaStore } from './media-store.ts';

export interface MediaEjectorDeps {
  client: Pick<KubeClient, 'get' | 'applyStatus'>;
  world: Pick<World, 'machines'>;
  media: Pick<MediaStore, 'drop'>;
  events: Pick<EventRecorder, 'event'>;
  rackName: string;
  /** Where the credentials are. */
  namespace: string;
  isAlive(rack: string): boolean;
  /** Whether this rack steps in for one that is gone. */
  isFirst(): boolean;
  isCurrent(): boolean;
  lock: BmcLock;
  clock: Clock;
  log: Logger;
  /** For tests. */
  openDriver?: typeof openPowerDriver;
}

/** What is to be done about a machine's medium. */
export type EjectDecision = 'Nothing' | 'Later' | 'Eject';

/** Stages at which all of the medium is in the machine's memory. */
const loaded: readonly string[] = ['Agent', 'Restarting', 'Restarted', 'PhonedHome', 'Finished'];

/**
 * A medium is taken out as soon as the agent on it has called, or its boot is over, whatever became of it: left in, the
 * machine might start from it once more. Not while an order to the BMC is under way that may be about to use it.
 */
export function decideEject(machine: Machine, now: number): EjectDecision {
  const { virtualMedia, boot, bootProgress } = machine.status ?? {};
  if (virtualMedia === undefined) return 'Nothing';
  const { generation } = virtualMedia;
  const expired = boot?.expiresAt !== undefined && now >= Date.parse(boot.expiresAt);
  const isOver = boot?.generation !== generation || boot.target !== 'EphemeralOS' || expired;
  const hasCalled = bootProgress?.generation === generation && loaded.includes(bootProgress.stage);
  if (!isOver && !hasCalled) return 'Later';
  return isPowering(machine) ? 'Later' : 'Eject';
}

/** Between two looks at a medium that is still in use, in milliseconds. */
const lookAgainMs = 15_000;

/** Takes media out that have done their work: this rack's own, and those of racks that are gone. */
export function createMediaEjector(deps: MediaEjectorDeps): Controller {
  const { world, clock, rackName, log } = deps;
  const told = new Set<string>();

  async function eject(machine: Machine, signal: AbortSignal): Promise<void> {
    const { name, uid } = machine.metadata;
    const { openDriver = openPowerDriver } = deps;
    const id = machine.status?.virtualMedia?.id ?? '';
    try {
      const found = await readPowerTarget(machine, deps.client, deps.namespace);
      if (found !== undefined) {
        const driver = openDriver(found.driver, found.target, deps.lock, { log });
        try {
          await driver.ejectMedia?.(signal);
        } finally {
          await driver.close();
        }
      }
    } catch (error) {
      if (isPowerError(error) && !told.has(id)) {
        told.add(id);
        const about = { apiVersion, kind: 'Machine', name, uid };
        const message = `the virtual media could not be taken out, and is tried again: ${error.message}`;
        deps.events.event(about, 'Warning', 'MediaNotEjected', message);
      }
      throw error;
    }
    told.delete(id);
    await deps.media.drop(name);
    await clearMediaState(name, id, deps.client);
    log.info({ machine: name, media: id }, 'virtual media taken out');
  }

  const controller = runController({
    name: 'virtual-media',
    concurrency: 8,
    backoff: { baseMs: 2_000, maxMs: 10 * 60_000 },
    log,
    async reconcile(name, signal) {
      const machine = world.machines.get(name);
      const media = machine?.status?.virtualMedia;
      if (machine === undefined || media === undefined) return undefined;
      const isMine = media.rack === rackName || (!deps.isAlive(media.rack) && deps.isFirst());
      if (!isMine || !deps.isCurrent()) return { requeueAfterMs: lookAgainMs };
      const decision = decideEject(machine, clock.now());
      if (decision !== 'Eject') return { requeueAfterMs: lookAgainMs };
      await eject(machine, signal);
      return undefined;
    },
  });
  world.machines.onChange(({ object, type }) => {
    if (type !== 'Deleted' && object.status?.virtualMedia !== undefined)
      controller.enqueue(object.metadata.name);
  });
  return controller;
}
