import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { addVirtualBmc } from '../bmc/virtualbmc.ts';
import type { LabInstance } from '../instance.ts';
import { type LabState, type MachineRecord, machinesFolder, readMachines, writeMachine } from '../state.ts';
import { makeDisk } from './disk.ts';
import { renderDomain } from './domain-xml.ts';
import { findUefiFirmware } from './firmware.ts';
import { defineDomain, removeDomain, removeMachineFiles } from './libvirt.ts';
import { type LabMachine, type MachineWish, planMachine } from './machine.ts';

/** Makes a virtual machine with an empty disk and a BMC, powered off; one that had its name goes, with its disk. */
export async function defineMachine(
  instance: LabInstance,
  state: LabState,
  wish: MachineWish,
): Promise<LabMachine> {
  const machine = planMachine(instance, wish);
  const records = readMachines(instance);
  await removeDomain(machine.domain);
  removeMachineFiles(machine);
  mkdirSync(machinesFolder(instance), { recursive: true });
  makeDisk(machine.diskPath, machine.diskGiB);
  const xml = renderDomain(machine, instance, state.accelerator, findUefiFirmware());
  await defineDomain(xml, join(machinesFolder(instance), `${machine.name}.xml`));
  const ipmiPort = choosePort(instance, machine, records);
  if (machine.bmc === 'ipmi') addVirtualBmc(instance, machine, ipmiPort, state.credentials);
  writeMachine(instance, { machine, ipmiPort });
  return machine;
}

/** Removes a virtual machine for good. Its BMC's port stays unanswered. */
export async function removeMachine(instance: LabInstance, machine: LabMachine): Promise<void> {
  await removeDomain(machine.domain);
  removeMachineFiles(machine);
  for (const extension of ['json', 'xml']) {
    rmSync(join(machinesFolder(instance), `${machine.name}.${extension}`), { force: true });
  }
  rmSync(join(instance.directory, 'bmc', 'ipmi', machine.domain), { recursive: true, force: true });
}

function choosePort(instance: LabInstance, machine: LabMachine, records: readonly MachineRecord[]): number {
  const own = records.find((record) => record.machine.name === machine.name);
  if (own !== undefined) return own.ipmiPort;
  const used = new Set(records.map((record) => record.ipmiPort));
  let port = instance.firstIpmiPort;
  while (used.has(port)) port++;
  return port;
}
