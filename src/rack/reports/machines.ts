import { Seed } from '../../api/agent/schema.ts';
import { type Machine, machineKind, type TaskResult } from '../../api/machine/schema.ts';
import { machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { apiVersion, names } from '../../api/meta.ts';
import type { Clock } from '../../domain/clock.ts';
import type { KubeClient } from '../../kube/client.ts';
import { secrets } from '../../kube/core-resources.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { EventRecorder } from '../../kube/events.ts';
import type { RackMachines } from '../agent-api/ports.ts';
import { machineByMac, type World } from '../world/world.ts';
import type { BootReports } from './boot-reports.ts';
import { chooseEphemeralImage, diskImageOf } from './images.ts';

/** Of server-side apply, one for each part of a machine that racks own. */
const managers = { task: 'metalwright-rack-task', inventory: 'metalwright-rack-inventory' } as const;

export interface RackMachinesDeps {
  client: KubeClient;
  world: World;
  bootReports: Pick<BootReports, 'report'>;
  events: EventRecorder;
  rackName: string;
  namespace: string;
  /** Approve machines that enlist themselves. */
  autoApprove: boolean;
  clock: Clock;
}

/** The machines as the HTTP side needs them, on Kubernetes. */
export function createRackMachines(deps: RackMachinesDeps): RackMachines {
  const { client, world, namespace } = deps;

  async function storeInventory(machine: string, hardware: Parameters<RackMachines['storeInventory']>[1]) {
    const owner = await client.get(machineKind, machine);
    if (owner?.metadata.uid === undefined) return;
    await client.apply(
      machineInventoryKind,
      {
        metadata: {
          name: machine,
          ownerReferences: [{ apiVersion, kind: 'Machine', name: machine, uid: owner.metadata.uid }],
        },
        collectedAt: new Date(deps.clock.now()).toISOString(),
        hardware,
      },
      { fieldManager: managers.inventory },
    );
  }

  return {
    byMac: (mac) => machineByMac(world, mac),
    byName: (name) => world.machines.get(name),
    ephemeralImage: (architecture) => chooseEphemeralImage(world.images.list(), architecture),
    diskImage: (name) => diskImageOf(world.images.get(name)),
    async seed(machine) {
      const name = machine.status?.task?.secret;
      const secret = name === undefined ? undefined : await client.get(secrets, name, namespace);
      if (secret?.data === undefined) return undefined;
      const text = Object.entries(secret.data).map(([key, value]) => [
        key,
        Buffer.from(value, 'base64').toString('utf8'),
      ]);
      const seed = Seed.safeParse(Object.fromEntries(text));
      return seed.success ? seed.data : undefined;
    },
    pendingEnlistments: () =>
      world.machines
        .list()
        .filter(({ metadata, spec }) => metadata.labels?.[names.enlistedBy] !== undefined && !spec.approved)
        .length,
    reportBoot: (machine, report) => deps.bootReports.report(machine, report),
    reportTask: (machine, report) => storeTaskResult(machine, report, deps),
    storeInventory,
    async enlist(request) {
      const known = request.macAddresses
        .map((mac) => machineByMac(world, mac))
        .find((machine) => machine !== undefined);
      const name = known?.metadata.name ?? enlistedName(request.macAddresses);
      if (known === undefined) await createEnlisted(name, request, deps);
      await storeInventory(name, request.inventory);
      return { machine: name };
    },
    securityEvent(machine, reason, message) {
      const uid = machine === undefined ? undefined : world.machines.get(machine)?.metadata.uid;
      const regarding =
        machine === undefined
          ? {
              apiVersion,
              kind: 'Rack',
              name: deps.rackName,
              uid: world.racks.get(deps.rackName)?.metadata.uid,
            }
          : { apiVersion, kind: 'Machine', name: machine, uid };
      deps.events.event(regarding, 'Warning', reason, message);
    },
  };
}

/** The same from whichever interface the machine booted, and on every rack. */
export function enlistedName(macAddresses: readonly string[]): string {
  const [lowest = ''] = [...macAddresses].sort();
  return `m-${lowest.replaceAll(':', '')}`;
}

async function createEnlisted(
  name: string,
  request: Parameters<RackMachines['enlist']>[0],
  deps: RackMachinesDeps,
): Promise<void> {
  const { macAddresses, architecture } = request;
  try {
    await deps.client.create(machineKind, {
      metadata: { name, labels: { [names.enlistedBy]: deps.rackName } },
      spec: { macAddresses: [...macAddresses].sort(), architecture, approved: deps.autoApprove },
    });
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
  }
}

/** A result that has ended is final: a late progress report does not reopen it. */
async function storeTaskResult(name: string, report: TaskResult, deps: RackMachinesDeps): Promise<void> {
  for (;;) {
    const machine: Machine | undefined = await deps.client.get(machineKind, name);
    const stored = machine?.status?.taskResult;
    if (machine === undefined) return;
    if (stored?.id === report.id && stored.outcome !== 'Running') return;
    const { resourceVersion, uid } = machine.metadata;
    try {
      await deps.client.applyStatus(
        machineKind,
        { metadata: { name, resourceVersion, uid }, status: { taskResult: report } },
        { fieldManager: managers.task },
      );
      return;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
    }
  }
}
