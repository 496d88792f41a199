import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LibvirtParameters } from '../../../api/bmc/libvirt.ts';
import type { PowerDriver, PowerState, PowerTarget } from '../driver.ts';
import { isPowerError, powerError } from '../errors.ts';
import { isRemote, virshUri } from './uri.ts';
import { createVirsh, type Virsh } from './virsh.ts';

/**
 * Power of a virtual machine through virsh. Over SSH the host must be in the Secret's known hosts.
 * @throws CodedError<PowerErrorCode> for an address that is none, and for what the Secret lacks
 */
export function createLibvirtDriver(target: PowerTarget): PowerDriver {
  const { domain } = LibvirtParameters.parse(target.parameters);
  const { virsh, close } = openVirsh(target);
  /** To a machine that is so already, libvirt says no: that is no failure. */
  const reach = async (
    command: 'start' | 'destroy' | 'shutdown',
    wanted: PowerState,
    signal: AbortSignal,
  ): Promise<void> => {
    try {
      await virsh([command, domain], signal);
    } catch (thrown) {
      if (!isPowerError(thrown) || !/already active|is not running/i.test(thrown.message)) throw thrown;
      if (stateOf(await virsh(['domstate', domain], signal)) !== wanted) throw thrown;
    }
  };

  return {
    // Its boot order is part of its definition, for good: what it tries first has to be the network.
    bootDevices: new Set(),
    status: async (signal) => stateOf(await virsh(['domstate', domain], signal)),
    on: (signal) => reach('start', 'On', signal),
    off: (signal) => reach('destroy', 'Off', signal),
    softOff: (signal) => reach('shutdown', 'Off', signal),
    setBootDevice: () =>
      Promise.reject(powerError('BmcUnsupported', 'libvirt has no boot device for one boot')),
    close: async () => close(),
  };
}

/**
 * virsh for the hypervisor at the target's address. `close` removes the credentials from disk, and never throws.
 * @throws CodedError<PowerErrorCode> for an address that is none, and for what the Secret lacks
 */
export function openVirsh(target: PowerTarget): { virsh: Virsh; uri: string; close(): void } {
  const directory = isRemote(target.address) ? mkdtempSync(join(tmpdir(), 'metalwright-ssh-')) : undefined;
  const close = (): void => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  };
  try {
    const ssh = directory === undefined ? undefined : writeSsh(directory, target);
    const uri = virshUri(target.address, ssh);
    return { virsh: createVirsh(uri), uri, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** What `virsh domstate` prints. A paused machine has its power on. */
export function stateOf(printed: string): PowerState {
  switch (printed) {
    case 'running':
    case 'idle':
    case 'paused':
    case 'in shutdown':
    case 'pmsuspended':
      return 'On';
    case 'shut off':
    case 'crashed':
      return 'Off';
    default:
      return 'Unknown';
  }
}

/**
 * What libvirt calls in the place of ssh: with the key and the known hosts of the Secret, and nothing of the rack's node.
 * The files live as long as the driver, readable for the rack alone.
 */
function writeSsh(directory: string, { secret }: PowerTarget): string {
  const { sshPrivateKey, sshKnownHosts } = secret;
  if (sshPrivateKey === undefined || sshKnownHosts === undefined) {
    const seen = 'SSH needs sshPrivateKey and sshKnownHosts in the credentials Secret';
    throw powerError('BmcAuthenticationFailed', seen);
  }
  const key = join(directory, 'key');
  const hosts = join(directory, 'known_hosts');
  const command = join(directory, 'ssh');
  const options = [
    ...['-F', '/dev/null', '-i', key, '-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none'],
    ...['-o', `UserKnownHostsFile=${hosts}`, '-o', 'GlobalKnownHostsFile=/dev/null'],
    ...['-o', 'StrictHostKeyChecking=yes', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=15'],
  ];
  writeFileSync(key, sshPrivateKey.endsWith('\n') ? sshPrivateKey : `${sshPrivateKey}\n`, { mode: 0o600 });
  writeFileSync(hosts, sshKnownHosts, { mode: 0o600 });
  writeFileSync(command, `#!/bin/sh\nexec ssh ${options.join(' ')} "$@"\n`, { mode: 0o700 });
  return command;
}
