import { rmSync, writeFileSync } from 'node:fs';
import { run, tryRun } from '../process/run.ts';
import { LIBVIRT_URI } from './libvirt-daemons.ts';
import type { LabMachine } from './machine.ts';

/** Defines a domain, or replaces the definition of the one with its name. */
export async function defineDomain(xml: string, scratchPath: string): Promise<void> {
  writeFileSync(scratchPath, xml);
  await virsh('define', scratchPath);
}

/** Removes a machine's domain, stopped first, and its UEFI variables. Does nothing when there is none. */
export async function removeDomain(domain: string): Promise<void> {
  await tryRun('virsh', ['-c', LIBVIRT_URI, 'destroy', domain]);
  await tryRun('virsh', ['-c', LIBVIRT_URI, 'undefine', '--nvram', domain]);
}

/** Names of all domains that begin with `prefix`, running or not. */
export async function listDomains(prefix: string): Promise<string[]> {
  const names = await virsh('list', '--all', '--name');
  return names.split('\n').filter((name) => name.startsWith(prefix));
}

/** True while the machine is powered on. */
export async function isPoweredOn(machine: LabMachine): Promise<boolean> {
  return (await virsh('domstate', machine.domain)).trim() === 'running';
}

/** Presses the power button of a machine that is off, as a person in front of it would. Does nothing when it is on. */
export async function pressPowerOn(machine: LabMachine): Promise<void> {
  if (!(await isPoweredOn(machine))) await virsh('start', machine.domain);
}

/** Pulls the plug. Does nothing when it is off. */
export async function pullPlug(machine: LabMachine): Promise<void> {
  if (await isPoweredOn(machine)) await virsh('destroy', machine.domain);
}

/** Deletes a machine's disk, console log and variables. */
export function removeMachineFiles(machine: LabMachine): void {
  for (const path of [machine.diskPath, machine.consolePath, machine.nvramPath])
    rmSync(path, { force: true });
}

function virsh(...args: string[]): Promise<string> {
  return run('virsh', ['-c', LIBVIRT_URI, ...args]);
}
