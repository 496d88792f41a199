import type { EnlistmentRequest } from '../../api/agent/schema.ts';
import type { MachinePhase } from '../../api/machine/phases.ts';
import { type Machine, machineKind } from '../../api/machine/schema.ts';
import { apiVersion, names } from '../../api/meta.ts';
import { oldest } from '../../domain/seniority.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { SeenOn } from '../agent-api/ports.ts';
import { machineByMac } from '../world/world.ts';
import { reportError } from './errors.ts';
import { storeInventory } from './inventory.ts';
import type { RackMachinesDeps } from './machines.ts';

/** Phases in which an unproven report of what a known machine is made of may be believed: nobody relies on it yet. */
const unproven: ReadonlySet<MachinePhase | undefined> = new Set([
  undefined,
  'Enlisting',
  'New',
  'CommissioningFailed',
]);

/** The same from whichever interface the machine booted, and on every rack. */
export function enlistedName(macAddresses: readonly string[]): string {
  const [lowest = ''] = [...macAddresses].sort();
  return `m-${lowest.replaceAll(':', '')}`;
}

/**
 * Makes a Machine of what an unknown machine says of itself. One that is known by any of its addresses keeps its name, and is told
 * to people: it booted from an interface that its Machine does not name.
 */
export async function enlist(
  request: EnlistmentRequest,
  seenOn: SeenOn,
  deps: RackMachinesDeps,
): Promise<{ machine: string }> {
  const known = oldest(request.macAddresses.flatMap((mac) => machineByMac(deps.world, mac) ?? []));
  if (known !== undefined) {
    await meetAgain(known, request, seenOn, deps);
    return { machine: known.metadata.name };
  }
  const machine = await createEnlisted(request, deps);
  await storeInventory(machine, request.inventory, deps);
  // Where it booted decides its address, which is so reserved before it boots again.
  const at = new Date(deps.clock.now()).toISOString();
  deps.bootReports.report(machine, { generation: 0, stage: 'Agent', at, ...seenOn });
  return { machine };
}

async function meetAgain(
  { metadata: { name, uid }, spec, status }: Machine,
  request: EnlistmentRequest,
  seenOn: SeenOn,
  deps: RackMachinesDeps,
): Promise<void> {
  if (unproven.has(status?.phase)) await storeInventory(name, request.inventory, deps);
  if (spec.macAddresses.includes(seenOn.mac)) return;
  deps.events.event(
    { apiVersion, kind: 'Machine', name, uid },
    'Warning',
    'UnknownInterface',
    `it booted from ${seenOn.mac}, which spec.macAddresses does not name: add it`,
  );
}

/** Two racks, or one that is asked twice, make one Machine: it is named after the lowest address. */
async function createEnlisted(request: EnlistmentRequest, deps: RackMachinesDeps): Promise<string> {
  const macAddresses = [...new Set(request.macAddresses)].sort();
  const name = enlistedName(macAddresses);
  try {
    await deps.client.create(machineKind, {
      metadata: { name, labels: { [names.enlistedBy]: deps.rackName } },
      spec: { macAddresses, architecture: request.architecture, approved: deps.autoApprove },
    });
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
    const existing = await deps.client.get(machineKind, name);
    const same = existing?.spec.macAddresses.some((mac) => macAddresses.includes(mac)) ?? true;
    if (!same) throw reportError('MachineNameTaken', name);
  }
  return name;
}
