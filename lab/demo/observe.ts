import { type Allocation, allocationKind } from '../../src/api/allocation/schema.ts';
import { type Machine, machineKind } from '../../src/api/machine/schema.ts';
import { labError } from '../errors.ts';
import type { Kubectl } from '../kube/kubectl.ts';
import type { LabMachine } from '../machines/machine.ts';
import { poll } from '../process/poll.ts';
import { describeAllocation, describeMachine, machineFailure } from './describe.ts';

/** How to wait for a resource. */
export interface WaitOptions {
  timeoutMs: number;
  /** Is told what the resource is about, each time that this changes. */
  log?: (message: string) => void;
}

/** Waits until there is a Machine with this MAC address, for which `done` holds. Throws as soon as it is in a failed phase. */
export async function waitForMachine(
  kubectl: Kubectl,
  machine: LabMachine,
  done: (machine: Machine) => boolean,
  options: WaitOptions,
): Promise<Machine> {
  const report = onChange(options.log);
  let last: Machine | undefined;
  const probe = async () => {
    const machines = await kubectl.list(machineKind.parse, 'machines.metalwright.dev');
    last = machines.find((candidate) => candidate.spec.macAddresses.includes(machine.mac));
    if (last === undefined) return undefined;
    report(`${last.metadata.name}: ${describeMachine(last)}`);
    if (done(last)) return last;
    const failure = machineFailure(last);
    if (failure !== undefined) throw labError('Failed', failure);
    return undefined;
  };
  const what = () =>
    `${machine.name}, which was last: ${last === undefined ? 'unknown' : describeMachine(last)}`;
  return await poll(probe, { what, timeoutMs: options.timeoutMs, intervalMs: 500 });
}

/** Waits until an Allocation is Ready. Throws as soon as it or its machine has failed. */
export async function waitForAllocation(
  kubectl: Kubectl,
  namespace: string,
  name: string,
  options: WaitOptions,
): Promise<Allocation> {
  const report = onChange(options.log);
  const reportMachine = onChange(options.log);
  let last: Allocation | undefined;
  const probe = async () => {
    last = await kubectl.read(allocationKind.parse, 'allocations.metalwright.dev', name, namespace);
    if (last === undefined) return undefined;
    report(`allocation ${name}: ${describeAllocation(last)}`);
    if (isReady(last)) return last;
    if (last.status?.phase === 'Failed')
      throw labError('Failed', `allocation ${name}: ${describeAllocation(last)}`);
    const machineName = last.status?.machine;
    if (machineName === undefined) return undefined;
    const machine = await kubectl.read(machineKind.parse, 'machines.metalwright.dev', machineName);
    if (machine !== undefined) reportMachine(`${machineName}: ${describeMachine(machine)}`);
    return undefined;
  };
  const what = () =>
    `allocation ${name}, which was last: ${last === undefined ? 'absent' : describeAllocation(last)}`;
  return await poll(probe, { what, timeoutMs: options.timeoutMs, intervalMs: 500 });
}

function isReady(allocation: Allocation): boolean {
  const ready = allocation.status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready?.status === 'True';
}

function onChange(log: ((message: string) => void) | undefined): (message: string) => void {
  let last = '';
  return (message) => {
    if (message !== last) log?.(message);
    last = message;
  };
}
