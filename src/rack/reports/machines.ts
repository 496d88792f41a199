import { Seed } from '../../api/agent/schema.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion, names } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import { isApproved, mayRunTask } from '../../domain/lifecycle/approval.ts';
import type { KubeClient } from '../../kube/client.ts';
import { secrets } from '../../kube/core-resources.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { RackMachines } from '../agent-api/ports.ts';
import { machineByMac, type World } from '../world/world.ts';
import { storeBmcReport } from './bmc-report.ts';
import type { BootReports } from './boot-reports.ts';
import { enlist } from './enlist.ts';
import { chooseEphemeralImage, diskImageOf } from './images.ts';
import type { Outbox } from './outbox.ts';
import { storeTaskResult } from './task-result.ts';

export interface RackMachinesDeps {
  client: Pick<KubeClient, 'get' | 'create' | 'apply' | 'applyStatus'>;
  world: Pick<World, 'machines' | 'images' | 'racks'>;
  bootReports: Pick<BootReports, 'report'>;
  outbox: Pick<Outbox, 'store'>;
  events: Pick<EventRecorder, 'event'>;
  rackName: string;
  /** Where seed Secrets are. */
  namespace: string;
  /** Approve machines that enlist themselves. */
  autoApprove: boolean;
  clock: Clock;
}

/** The machines as the HTTP side needs them, on Kubernetes. */
export function createRackMachines(deps: RackMachinesDeps): RackMachines {
  const { client, world } = deps;
  const uidOf = (machine: string): string | undefined => world.machines.get(machine)?.metadata.uid;
  return {
    byMac: (mac) => machineByMac(world, mac),
    byName: (name) => world.machines.get(name),
    ephemeralImage: (architecture) => chooseEphemeralImage(world.images.list(), architecture),
    diskImage: (name) => diskImageOf(world.images.get(name)),
    seed: (machine) => readSeed(machine, deps),
    async isStillTask({ metadata: { name, uid } }, { id, generation }) {
      const now = await client.get(machineKind, name);
      const task = now?.status?.task;
      const same = now?.metadata.uid === uid && task?.id === id && task.generation === generation;
      return same && now !== undefined && mayRunTask(now, task.kind);
    },
    pendingEnlistments: () =>
      world.machines
        .list()
        .filter(
          (machine) => machine.metadata.labels?.[names.enlistedBy] !== undefined && !isApproved(machine),
        ).length,
    reportBoot: (machine, report) => deps.bootReports.report(machine, report),
    // Of a running task the next report comes within seconds: none of them is kept.
    reportTask: (machine, report) =>
      report.outcome === 'Running'
        ? storeTaskResult(machine, report, client)
        : deps.outbox.store(machine, { kind: 'Result', uid: uidOf(machine), report }),
    reportBmc: (machine, report) => storeBmcReport(machine, report, client),
    storeInventory: (machine, inventory, keep = []) =>
      deps.outbox.store(machine, { kind: 'Inventory', uid: uidOf(machine), inventory, keep: [...keep] }),
    storeTests: (machine, tests) =>
      deps.outbox.store(machine, { kind: 'Tests', uid: uidOf(machine), tests: [...tests] }),
    enlist: (request, seenOn) => enlist(request, seenOn, deps),
    securityEvent(machine, reason, message) {
      const name = machine ?? deps.rackName;
      const object = machine === undefined ? world.racks.get(name) : world.machines.get(name);
      const kind = machine === undefined ? 'Rack' : 'Machine';
      deps.events.event({ apiVersion, kind, name, uid: object?.metadata.uid }, 'Warning', reason, message);
    },
  };
}

async function readSeed(
  machine: Machine,
  { client, namespace }: RackMachinesDeps,
): Promise<Seed | undefined> {
  const name = machine.status?.task?.secret;
  const secret = name === undefined ? undefined : await client.get(secrets, name, namespace);
  if (secret?.data === undefined) return undefined;
  const texts = Object.entries(secret.data).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return Seed.safeParse(Object.fromEntries(texts)).data;
}
