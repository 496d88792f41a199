import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { parseHostPort } from '../host-port.ts';
import { sshFault } from './faults.ts';

/** What a command on the other side printed, and how it ended. */
export interface SshAnswer {
  /** Its exit status. */
  code: number;
  /** Without carriage returns and escape sequences. */
  stdout: string;
  stderr: string;
}

/** Commands on one host over SSH, each on a connection of its own. */
export interface Ssh {
  /** @throws CodedError<PowerErrorCode> when it was not run to its end; the signal's reason when it is aborted. */
  run(command: string, signal: AbortSignal): Promise<SshAnswer>;
  /** Removes the credentials from disk. Never throws. */
  close(): void;
}

/** How a driver gets its SSH: another one in tests. */
export type OpenSsh = (target: PowerTarget) => Ssh;

/** What the drivers of command lines are made with. */
export interface SshDriverDeps {
  /** Default: OpenSSH's client. */
  openSsh?: OpenSsh;
}

const defaultPort = 22;
const timeoutMs = 60_000;
const largestOutput = 1024 * 1024;

/**
 * SSH by OpenSSH's client, with the credentials of the Secret (`password` or `sshPrivateKey`) and nothing of the rack's
 * node. A host whose key is not in the Secret's `sshKnownHosts` is refused. The parameter `legacyAlgorithms` adds what
 * OpenSSH gave up. Nothing is written or sent before the first command.
 * @throws CodedError<PowerErrorCode> for an address or user name that is none, and for what the Secret lacks
 */
export const openSsh: OpenSsh = (target) => {
  const { username, secret, parameters } = target;
  const where = parseHostPort(target.address, defaultPort);
  if (where === undefined || !/^[A-Za-z0-9]/.test(where.host.replace(/^:+/, ''))) {
    throw powerError('BmcUnreachable', `"${target.address}" is no address for SSH`);
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}$/.test(username)) {
    throw powerError('BmcAuthenticationFailed', 'the user name is none for SSH');
  }
  const { password, sshPrivateKey, sshKnownHosts } = secret;
  if (sshKnownHosts === undefined || (password === undefined && sshPrivateKey === undefined)) {
    const seen = 'SSH needs sshKnownHosts, and password or sshPrivateKey, in the credentials Secret';
    throw powerError('BmcAuthenticationFailed', seen);
  }
  let directory: string | undefined;
  let runs = 0;

  const prepare = (): string => {
    if (directory !== undefined) return directory;
    directory = mkdtempSync(join(tmpdir(), 'metalwright-ssh-'));
    writeFiles(directory, { ...(password === undefined ? {} : { password }), sshKnownHosts, sshPrivateKey });
    return directory;
  };

  return {
    run(command, signal) {
      signal.throwIfAborted();
      const files = prepare();
      const asked = join(files, `asked-${++runs}`);
      mkdirSync(asked, { mode: 0o700 });
      const ways = [sshPrivateKey && 'publickey', ...(password === undefined ? [] : passwordWays)];
      const args = [
        ...optionsOf(files, parameters.legacyAlgorithms === 'true'),
        ...(sshPrivateKey === undefined ? [] : ['-i', join(files, 'key')]),
        ...['-o', `PreferredAuthentications=${ways.filter(Boolean).join(',')}`],
        ...['-o', `BatchMode=${password === undefined ? 'yes' : 'no'}`],
        ...['-p', String(where.port), '-l', username, '--', where.host, command],
      ];
      const env = {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C',
        SSH_ASKPASS: join(files, 'askpass'),
        SSH_ASKPASS_REQUIRE: 'force',
        METALWRIGHT_ASKED: asked,
      };
      return new Promise((resolve, reject) => {
        const limits = { timeout: timeoutMs, maxBuffer: largestOutput, killSignal: 'SIGKILL' } as const;
        const child = execFile('ssh', args, { ...limits, env, signal }, (error, stdout, stderr) => {
          if (signal.aborted) return reject(signal.reason);
          const answer = { stdout: plain(stdout), stderr: plain(stderr) };
          if (error === null) return resolve({ code: 0, ...answer });
          const code = error.code ?? error.signal ?? undefined;
          if (typeof code === 'number' && code !== 255) return resolve({ code, ...answer });
          return reject(sshFault(code, answer.stderr, existsSync(join(asked, 'again'))));
        });
        child.stdin?.end();
      });
    },
    close() {
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
      directory = undefined;
    },
  };
};

/** Servers that take a password know one of them, or both. */
const passwordWays = ['keyboard-interactive', 'password'] as const;

/** What OpenSSH no longer offers by itself, and the firmware of old controllers has nothing newer than. */
const legacyOptions = [
  'HostKeyAlgorithms=+ssh-rsa',
  'PubkeyAcceptedAlgorithms=+ssh-rsa',
  'KexAlgorithms=+diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1',
  'Ciphers=+aes128-cbc,aes256-cbc',
] as const;

function optionsOf(files: string, legacy: boolean): string[] {
  const options = [
    `UserKnownHostsFile=${join(files, 'known_hosts')}`,
    ...['GlobalKnownHostsFile=/dev/null', 'StrictHostKeyChecking=yes', 'UpdateHostKeys=no', 'CheckHostIP=no'],
    ...['IdentitiesOnly=yes', 'IdentityAgent=none', 'NumberOfPasswordPrompts=1', 'GSSAPIAuthentication=no'],
    ...['ConnectTimeout=15', 'ConnectionAttempts=1', 'ServerAliveInterval=10', 'ServerAliveCountMax=2'],
    ...['ControlMaster=no', 'ControlPath=none', 'ClearAllForwardings=yes'],
    // Nothing but errors, so no banner; and why a connection ended, which OpenSSH does not count among them.
    ...['LogLevel=ERROR', 'LogVerbose=*:sshpkt_vfatal():*'],
    ...(legacy ? legacyOptions : []),
  ];
  return ['-F', '/dev/null', '-T', '-a', '-x', ...options.flatMap((option) => ['-o', option])];
}

/**
 * ssh asks this program for the password. It answers once a command: whoever asks again has refused it, and one more guess
 * would only bring the account closer to being locked.
 */
const askpass = `#!/bin/sh
if mkdir "$METALWRIGHT_ASKED/once" 2>/dev/null; then exec cat "$(dirname "$0")/password"; fi
: > "$METALWRIGHT_ASKED/again"
kill "$PPID"
exit 1
`;

/** Readable for the rack alone, as long as the driver lives. */
function writeFiles(
  directory: string,
  given: { password?: string; sshKnownHosts: string; sshPrivateKey: string | undefined },
): void {
  const write = (name: string, text: string, mode: number): void =>
    writeFileSync(join(directory, name), text.endsWith('\n') ? text : `${text}\n`, { mode });
  write('known_hosts', given.sshKnownHosts, 0o600);
  write('askpass', askpass, 0o700);
  if (given.sshPrivateKey !== undefined) write('key', given.sshPrivateKey, 0o600);
  if (given.password !== undefined) write('password', given.password, 0o600);
}

const escapeSequence = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-9;?]*[A-Za-z]`, 'g');

/** Command lines of controllers are made for terminals. */
function plain(printed: string): string {
  return printed.replaceAll(escapeSequence, '').replaceAll('\r', '').trim();
}

/** One word for a shell on the other side. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
