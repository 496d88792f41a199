import { mkdirSync, rmSync } from 'node:fs';
import { type BmcConnection, bmcConnection } from '../bmc/connection.ts';
import { readLabEnvironment } from '../environment.ts';
import { labError } from '../errors.ts';
import { startHardware, stopHardware } from '../hardware.ts';
import { labInstance } from '../instance.ts';
import { defineMachine } from '../machines/define.ts';
import type { LabMachine, MachineWish } from '../machines/machine.ts';
import { readMachines } from '../state.ts';
import type { Cluster } from './cluster.ts';

/** Virtual machines on the cluster's provisioning network, with BMCs that its node reaches. */
export interface ClusterMachines {
  /** Makes a machine with an empty disk, powered off. */
  define(wish: MachineWish): Promise<LabMachine>;
  /** How the cluster reaches a machine's BMC. */
  bmcOf(machine: LabMachine): BmcConnection;
  /** Removes the machines and what stands for their hardware. Before the cluster goes: they are plugged into its bridge. */
  down(): Promise<void>;
}

/** Starts what stands for hardware on the network of a cluster that is up: libvirt, a switch's word, BMCs. */
export async function startClusterMachines(
  { kubeconfigPath }: Cluster,
  kernel: string,
  log: (message: string) => void = () => undefined,
): Promise<ClusterMachines> {
  const environment = readLabEnvironment();
  const instance = labInstance('cluster', environment.repository);
  await stopMachines();
  mkdirSync(instance.directory, { recursive: true, mode: 0o700 });
  const hardware = await startHardware(instance, environment, { kernel, lifetime: 'parent', log });
  const state = { ...hardware, kubeconfigPath };
  return {
    define: (wish) => defineMachine(instance, state, wish),
    bmcOf({ name }) {
      const record = readMachines(instance).find(({ machine }) => machine.name === name);
      if (record === undefined) throw labError('NotFound', `the cluster has no machine ${name}`);
      return bmcConnection(state, record);
    },
    down: stopMachines,
  };

  async function stopMachines(): Promise<void> {
    await stopHardware(instance, environment, { keepBridge: true });
    rmSync(instance.directory, { recursive: true, force: true });
  }
}
