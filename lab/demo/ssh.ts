import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labError } from '../errors.ts';
import { type RunResult, run, tryRun } from '../process/run.ts';

/** A key pair for SSH, in a folder of its own. */
export interface SshKey {
  privatePath: string;
  /** As authorized_keys has it. */
  publicKey: string;
  remove(): Promise<void>;
}

/** Makes a key pair for one use, in a folder of its own under `parent` (default: the one for temporary files). */
export async function makeSshKey(comment: string, parent = tmpdir()): Promise<SshKey> {
  const directory = await mkdtemp(join(parent, 'metalwright-ssh-'));
  const privatePath = join(directory, 'key');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', privatePath]);
  return {
    privatePath,
    publicKey: readFileSync(`${privatePath}.pub`, 'utf8').trim(),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Options of ssh for a machine that was installed a moment ago, whose host key nobody can know. */
export function sshArguments(key: SshKey, user: string, address: string): string[] {
  return [
    ...['-i', key.privatePath, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10'],
    ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
    `${user}@${address}`,
  ];
}

/** Runs a command over SSH and gives what it said and its exit code; 255 when there was no login. */
export function trySsh(key: SshKey, user: string, address: string, command: string): Promise<RunResult> {
  return tryRun('ssh', [...sshArguments(key, user, address), command], { timeoutMs: 60_000 });
}

/** Runs a command over SSH. Throws `CommandFailed` with what it said. */
export async function ssh(key: SshKey, user: string, address: string, command: string): Promise<string> {
  const result = await trySsh(key, user, address, command);
  if (result.code !== 0) {
    throw labError(
      'CommandFailed',
      `ssh ${user}@${address} ${command}: exit code ${result.code}: ${result.stderr.trim()}`,
    );
  }
  return result.stdout;
}
