import type { z } from 'zod';
import type { LabMachine } from '../../../lab/machines/machine.ts';
import { bmcSecret, bmcSpec, machineResource } from '../../../lab/resources.ts';
import type { Allocation, AllocationSpec } from '../../../src/api/allocation/schema.ts';
import { findCondition } from '../../../src/api/conditions.ts';
import type { Machine } from '../../../src/api/machine/schema.ts';
import type { MachineActionSpec } from '../../../src/api/machine-action/schema.ts';
import { apiVersion } from '../../../src/api/meta.ts';
import type { Setting } from './setting.ts';

/** What a person does: everything here goes through kubectl. */

type Laboratory = Pick<Setting, 'lab'>;

/** Where user data and Allocations of the test live. */
export const namespace = 'default';

/** Stores the credentials of a machine's BMC, or wrong ones. */
export async function storeCredentials(
  { lab }: Laboratory,
  machine: LabMachine,
  password?: string,
): Promise<void> {
  const bmc = lab.bmcOf(machine);
  const credentials = { ...bmc.credentials, ...(password !== undefined && { password }) };
  await lab.kubectl.apply([bmcSecret(machine, { ...bmc, credentials })]);
}

/** Describes a machine before it was ever switched on. */
export async function declareMachine({ lab }: Laboratory, machine: LabMachine): Promise<void> {
  await lab.kubectl.apply([machineResource(machine, lab.bmcOf(machine))]);
}

/** Approves a machine that enlisted itself, and says where its BMC is. */
export async function approve({ lab }: Laboratory, name: string, machine: LabMachine): Promise<void> {
  const patch = { spec: { approved: true, bmc: bmcSpec(machine, lab.bmcOf(machine)) } };
  await lab.kubectl.run('patch', 'machine', name, '--type=merge', '--patch', JSON.stringify(patch));
}

let ordered = 0;

/** Orders a machine to do something, and waits until the order was taken up: what it began may last. */
export async function order(
  { lab, witness }: Setting,
  machine: string,
  action: z.input<typeof MachineActionSpec>['action'],
): Promise<void> {
  ordered += 1;
  const name = `e2e-${ordered}`;
  await lab.kubectl.apply([
    { apiVersion, kind: 'MachineAction', metadata: { name }, spec: { machine, action } },
  ]);
  const ended = () => {
    const { phase, message } = witness.actions.get(name)?.status ?? {};
    if (phase === 'Refused' || phase === 'Failed') throw new Error(`${action} was ${phase}: ${message}`);
    const seen = witness.machines.get(machine)?.status?.action?.name === name;
    return (phase === 'Succeeded' || phase === 'Running') && seen ? true : undefined;
  };
  await witness.until(() => `${action} of ${machine} is taken up`, ended, 30_000);
}

/** Applies an Allocation; answers the moment of it, in milliseconds since the epoch. */
export async function allocate(
  { lab }: Laboratory,
  name: string,
  spec: z.input<typeof AllocationSpec>,
): Promise<number> {
  const at = Date.now();
  await lab.kubectl.apply([{ apiVersion, kind: 'Allocation', metadata: { name, namespace }, spec }]);
  return at;
}

/** Deletes an Allocation and waits until its machine is Ready again; answers how long that took, in milliseconds. */
export async function release(
  setting: Setting,
  name: string,
  machine: LabMachine,
  timeoutMs: number,
): Promise<number> {
  const begun = Date.now();
  await setting.lab.kubectl.run('delete', 'allocation', name, '--namespace', namespace, '--wait=false');
  const isFree = ({ status }: Machine): boolean =>
    status?.phase === 'Ready' && status.allocation === undefined;
  // A failed machine is still failed in the moment in which its Allocation goes.
  const left = () => (failed.has(setting.machineOf(machine)?.status?.phase ?? '') ? undefined : true);
  await setting.witness.until(() => `${machine.name} leaves its failed phase`, left, 30_000);
  await setting.machineIs(machine, 'back in the pool', isFree, timeoutMs);
  const gone = () => (allocationOf(setting, name) === undefined ? true : undefined);
  await setting.witness.until(() => `Allocation ${name} is gone`, gone, 10_000);
  return Date.now() - begun;
}

const failed: ReadonlySet<string> = new Set(['DeploymentFailed']);

export function allocationOf({ witness }: Setting, name: string): Allocation | undefined {
  return witness.allocations.get(name, namespace);
}

/** Waits until an Allocation has failed, and answers its machine's failure as the Allocation tells it. */
export async function failureOf(
  setting: Setting,
  name: string,
  timeoutMs: number,
): Promise<{ reason: string; message: string }> {
  const probe = () => {
    const { phase, conditions } = allocationOf(setting, name)?.status ?? {};
    return phase === 'Failed' ? findCondition(conditions, 'Ready') : undefined;
  };
  const what = () => `${name} fails; it is ${JSON.stringify(allocationOf(setting, name)?.status)}`;
  return await setting.witness.until(what, probe, timeoutMs);
}
