import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabEnvironment } from '../environment.ts';
import type { LabInstance } from '../instance.ts';
import { LIBVIRT_URI } from '../machines/libvirt-daemons.ts';
import type { LabMachine } from '../machines/machine.ts';
import { startDaemon } from '../process/daemon.ts';
import { requireProgram } from '../process/programs.ts';
import type { BmcCredentials } from './credentials.ts';

/** Starts virtualbmc's daemon, which serves an IPMI 2.0 BMC for each machine that `addVirtualBmc` names. */
export function startVirtualBmc(
  instance: LabInstance,
  environment: LabEnvironment,
  lifetime: 'parent' | 'detached',
): void {
  const directory = join(instance.directory, 'bmc');
  mkdirSync(machinesFolder(instance), { recursive: true, mode: 0o700 });
  const configPath = join(directory, 'virtualbmc.conf');
  writeFileSync(configPath, renderDaemonConfig(instance));
  startDaemon({
    name: 'vbmcd',
    directory,
    command: requireProgram('vbmcd', environment),
    args: ['--foreground'],
    env: { ...process.env, VIRTUALBMC_CONFIG: configPath },
    lifetime,
  });
}

/** Gives a machine a BMC at `port` (UDP) of the instance's address for BMCs; the daemon notices within a second. */
export function addVirtualBmc(
  instance: LabInstance,
  machine: LabMachine,
  port: number,
  credentials: BmcCredentials,
): void {
  const folder = join(machinesFolder(instance), machine.domain);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(folder, 'config'),
    renderMachineConfig(machine.domain, instance.bmcAddress, port, credentials),
    {
      mode: 0o600,
    },
  );
}

function renderDaemonConfig(instance: LabInstance): string {
  return [
    '[default]',
    `config_dir=${machinesFolder(instance)}`,
    `pid_file=${join(instance.directory, 'bmc', 'vbmcd-own.pid')}`,
    `server_port=${instance.virtualBmcPort}`,
    // It looks for new machines at this interval, in milliseconds.
    'server_response_timeout=1000',
    '',
  ].join('\n');
}

/** What `vbmc add` and `vbmc start` would write for a domain. */
export function renderMachineConfig(
  domain: string,
  address: string,
  port: number,
  credentials: BmcCredentials,
): string {
  return [
    '[VirtualBMC]',
    `domain_name=${domain}`,
    `username=${credentials.username}`,
    `password=${credentials.password}`,
    `address=${address}`,
    `port=${port}`,
    `libvirt_uri=${LIBVIRT_URI}`,
    'active=True',
    '',
  ].join('\n');
}

function machinesFolder(instance: LabInstance): string {
  return join(instance.directory, 'bmc', 'ipmi');
}
