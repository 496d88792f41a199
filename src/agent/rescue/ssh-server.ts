import { messageOf } from '../../errors/coded-error.ts';
import { agentError } from '../errors.ts';
import type { Files } from '../host/files.ts';
import { complaint, type RunProgram } from '../host/programs.ts';
import type { WriteFile } from '../host/write-file.ts';

export interface SshServerDeps {
  files: Files;
  run: RunProgram;
  writeFile: WriteFile;
}

/** In memory, as all of the ephemeral OS: made at this boot, and gone with it. */
const folder = '/run/mw/ssh';
const program = '/usr/sbin/dropbear';
const pidFile = `${folder}/pid`;

/** Two kinds, because clients that follow FIPS 140 know no Ed25519. */
const hostKeyTypes = ['ed25519', 'ecdsa'] as const;

/**
 * Lets the holders of these keys log in as root, and nobody else: there is no password. Called again it leaves a server that
 * runs alone, and whoever is logged in, and starts one that has died.
 *
 * @param sshKeys lines of authorized_keys
 * @returns the fingerprints of the host keys, made at the first call: `SHA256:… (ed25519)`
 * @throws RescueFailed
 */
export async function ensureSshServer(sshKeys: readonly string[], deps: SshServerDeps): Promise<string[]> {
  const lines = authorizedKeys(sshKeys);
  if (lines.length === 0) throw agentError('RescueFailed', 'expected an SSH public key, got none');
  await must(deps, 'mkdir', ['-p', '-m', '700', folder, '/root/.ssh']);
  await deps
    .writeFile('/root/.ssh/authorized_keys', `${lines.join('\n')}\n`, 0o600)
    .catch((error: unknown) => {
      throw agentError('RescueFailed', `the keys cannot be written: ${messageOf(error)}`, { cause: error });
    });
  const fingerprints: string[] = [];
  for (const type of hostKeyTypes) fingerprints.push(`${await hostKey(type, deps)} (${type})`);
  if (!(await isRunning(deps.files))) {
    const keys = hostKeyTypes.flatMap((type) => ['-r', keyPath(type)]);
    // No password for anybody (-s), and a connection that is dead is closed (-K).
    await must(deps, program, [...keys, '-s', '-K', '60', '-P', pidFile, '-p', '22']);
  }
  return fingerprints;
}

/** One key a line; without comments and blank lines. */
export function authorizedKeys(sshKeys: readonly string[]): string[] {
  const lines = sshKeys.flatMap((key) => key.split(/[\r\n]+/)).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== '' && !line.startsWith('#')))];
}

function keyPath(type: string): string {
  return `${folder}/host_${type}`;
}

/** Makes the key unless it is there, and says its fingerprint. */
async function hostKey(type: string, deps: SshServerDeps): Promise<string> {
  const path = keyPath(type);
  if ((await deps.files.readBytes(path)) === undefined)
    await must(deps, 'dropbearkey', ['-t', type, '-f', path]);
  const shown = await must(deps, 'dropbearkey', ['-y', '-f', path]);
  const fingerprint = /^Fingerprint: (\S.*?)\s*$/m.exec(shown)?.[1];
  if (fingerprint === undefined) throw agentError('RescueFailed', 'the SSH host key shows no fingerprint');
  return fingerprint;
}

async function isRunning(files: Files): Promise<boolean> {
  const pid = await files.readText(pidFile);
  return pid !== undefined && /^\d+$/.test(pid) && (await files.resolve(`/proc/${pid}/exe`)) === program;
}

async function must({ run }: SshServerDeps, name: string, args: readonly string[]): Promise<string> {
  const result = await run(name, args);
  if (result.status === 0) return result.stdout;
  throw agentError('RescueFailed', `${name} ended with status ${result.status} (${complaint(result)})`);
}
