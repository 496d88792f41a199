import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabEnvironment } from '../environment.ts';
import { startDaemon, stopDaemon } from '../process/daemon.ts';
import { poll } from '../process/poll.ts';
import { requireProgram } from '../process/programs.ts';
import { run, tryRun } from '../process/run.ts';
import type { LabMachine } from './machine.ts';

/** The connection that everything uses: virtual machines of the system, not of a user. */
export const LIBVIRT_URI = 'qemu:///system';

const QEMU_CONFIG = '/etc/libvirt/qemu.conf';

/**
 * Starts libvirt's daemons when none answers; `stopOwnLibvirt` stops what this started, and nothing else. Those daemons
 * run QEMU as root, by a configuration that only they see: where root may open /dev/kvm and QEMU's own user may not,
 * libvirt takes its knowledge of QEMU for outdated each time that it looks, and asks QEMU anew for seconds.
 */
export async function ensureLibvirt(environment: LabEnvironment): Promise<void> {
  if (await answers()) return;
  const directory = ownDaemons(environment);
  mkdirSync(directory, { recursive: true });
  const start = (name: string, command: string, args: string[]) =>
    startDaemon({ name, directory, command, args, lifetime: 'detached' });
  start('virtlogd', requireProgram('virtlogd', environment), []);
  const config = join(directory, 'qemu.conf');
  writeFileSync(config, 'user = "root"\ngroup = "root"\n');
  const script = `mount --bind "$1" ${QEMU_CONFIG} && exec "$2"`;
  start('libvirtd', requireProgram('unshare', environment), [
    ...['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'],
    ...[config, requireProgram('libvirtd', environment)],
  ]);
  await poll(async () => ((await answers()) ? true : undefined), {
    what: 'libvirt to answer',
    timeoutMs: 60_000,
  });
}

/** Stops the daemons that `ensureLibvirt` started, unless there are still virtual machines. */
export async function stopOwnLibvirt(environment: LabEnvironment): Promise<void> {
  const directory = ownDaemons(environment);
  if (!existsSync(join(directory, 'libvirtd.pid'))) return;
  const domains = await tryRun('virsh', ['-c', LIBVIRT_URI, 'list', '--all', '--name']);
  if (domains.code === 0 && domains.stdout.trim() !== '') return;
  await stopDaemon(directory, 'libvirtd');
  await stopDaemon(directory, 'virtlogd');
}

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

async function answers(): Promise<boolean> {
  return (await tryRun('virsh', ['-c', LIBVIRT_URI, 'version'], { timeoutMs: 10_000 })).code === 0;
}

function virsh(...args: string[]): Promise<string> {
  return run('virsh', ['-c', LIBVIRT_URI, ...args]);
}

function ownDaemons(environment: LabEnvironment): string {
  return join(environment.cache, 'run', 'libvirt');
}
