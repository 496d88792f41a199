import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labError } from '../errors.ts';
import { poll } from './poll.ts';
import { identify, isAlive, type ProcessIdentity, readIdentity } from './proc-stat.ts';

/** A program that runs in the background. */
export interface DaemonSpec {
  /** Names its pid file and its log, `<directory>/<name>.pid` and `.log`. */
  name: string;
  directory: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** `parent`: ends when this process does, however it ends (for tests). `detached`: stays until it is stopped. */
  lifetime: 'parent' | 'detached';
}

/** A started daemon. */
export interface Daemon {
  name: string;
  pid: number;
  logPath: string;
  /** Throws `DaemonDied` with the end of its log when it no longer runs. */
  assertAlive(): void;
  stop(): Promise<void>;
}

/** Starts a program in the background, its output in its log; one that already runs by this name is kept. */
export function startDaemon(spec: DaemonSpec): Daemon {
  mkdirSync(spec.directory, { recursive: true });
  const logPath = join(spec.directory, `${spec.name}.log`);
  const running = readPidFile(spec.directory, spec.name);
  const identity = running ?? launch(spec, logPath);
  writeFileSync(pidPath(spec.directory, spec.name), JSON.stringify(identity));
  return {
    name: spec.name,
    pid: identity.pid,
    logPath,
    assertAlive: () => {
      if (!isAlive(identity))
        throw labError('DaemonDied', `${spec.name} ended; the end of ${logPath}:\n${tail(logPath)}`);
    },
    stop: () => stopDaemon(spec.directory, spec.name),
  };
}

/**
 * Stops the daemon of this name: SIGTERM, and SIGKILL after `graceMs`. Its pid file tells the pid and when that process
 * began, so nothing else is ever hit. Does nothing when it does not run.
 */
export async function stopDaemon(directory: string, name: string, graceMs = 5_000): Promise<void> {
  const identity = readPidFile(directory, name);
  if (identity !== undefined) {
    const gone = () => (isAlive(identity) ? undefined : true);
    signal(identity, 'SIGTERM');
    try {
      await poll(gone, { what: `${name} to end`, timeoutMs: graceMs, intervalMs: 20 });
    } catch {
      signal(identity, 'SIGKILL');
      await poll(gone, { what: `${name} to be killed`, timeoutMs: 5_000, intervalMs: 20 });
    }
  }
  rmSync(pidPath(directory, name), { force: true });
}

/** The process that a pid file names, `undefined` when it is not there any more. */
export function readPidFile(directory: string, name: string): ProcessIdentity | undefined {
  const identity = readIdentity(pidPath(directory, name));
  return identity !== undefined && isAlive(identity) ? identity : undefined;
}

/** The last lines of a log, for messages. */
export function tail(path: string, lines = 15): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

function launch(spec: DaemonSpec, logPath: string): ProcessIdentity {
  if (statSync(spec.command, { throwIfNoEntry: false }) === undefined) {
    throw labError('ToolMissing', `${spec.command} is not there`);
  }
  const log = openSync(logPath, 'a');
  // The kernel signals the child when its parent dies: no exit handler sees a SIGKILL.
  const [command, args] =
    spec.lifetime === 'parent'
      ? ['setpriv', ['--pdeathsig', 'TERM', '--', spec.command, ...spec.args]]
      : [spec.command, [...spec.args]];
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    detached: spec.lifetime === 'detached',
    ...(spec.env && { env: spec.env }),
    ...(spec.cwd && { cwd: spec.cwd }),
  });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity === undefined) throw labError('DaemonDied', `${spec.name} did not start: ${tail(logPath)}`);
  return identity;
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch {
    // It ended in between.
  }
}

function pidPath(directory: string, name: string): string {
  return join(directory, `${name}.pid`);
}
