import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { PowerTimings } from '../../../src/rack/power/steps.ts';
import { makeScratch } from '../shared/scratch.ts';

/** A server that others wrote, running for a test. */
export interface Peer {
  directory: string;
  /** What it has written to its outputs so far. */
  output(): string;
  stop(): Promise<void>;
}

/** For virtual BMCs: they obey at once, but are slow on a busy machine. */
export const quickTimings: PowerTimings = {
  pollMs: 200,
  stateTimeoutMs: 60_000,
  softOffMs: 2_000,
  recommandMs: 20_000,
  retryBudgetMs: 30_000,
  retryFirstMs: 200,
  retryLongestMs: 2_000,
};

/** Opens libvirt's in-memory test driver and keeps it open: its one machine, `test`, keeps its state as long. */
export const keepTestMachine = "import libvirt, sys\nkeep = libvirt.open('test:///default')\n";
export const testMachineUri = 'test:///default';
export const testMachineName = 'test';

/** The virtual environment with sushy-tools, virtualbmc and libvirt's Python library. */
export function pythonOfPeers(): string {
  const cacheHome = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const cache = process.env.METALWRIGHT_CACHE ?? join(cacheHome, 'metalwright');
  const python = join(cache, 'python', 'bin', 'python3');
  const missing = ['vbmcd', 'sushy-emulator'].filter(
    (name) => !existsSync(join(cache, 'python', 'bin', name)),
  );
  if (!existsSync(python) || missing.length > 0) {
    throw new Error(
      `virtual BMCs are missing in ${join(cache, 'python')}: with libvirt-dev, gcc, pkg-config, python3-dev and ` +
        `python3-venv of Debian run: python3 -m venv ${join(cache, 'python')} && ` +
        `${join(cache, 'python', 'bin', 'pip')} install sushy-tools==2.2.0 virtualbmc==3.3.0 libvirt-python==9.0.0`,
    );
  }
  return python;
}

/** The path of a program, or an error that says which Debian package has it. */
export function requireProgram(name: string, debianPackage: string): string {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It may be in the next one.
    }
  }
  throw new Error(`${name} is missing: apt-get install ${debianPackage}`);
}

/** A folder for one test's files. It goes when the tests of the file have ended. */
export function scratchDirectory(): string {
  return makeScratch('metalwright-power-');
}

/** Starts a server in the background. `stop` ends it with what it has started, and removes its folder. */
export function startPeer(
  command: string,
  args: readonly string[],
  directory: string,
  environment: Record<string, string> = {},
): Peer {
  const child: ChildProcess = spawn(command, args, {
    cwd: directory,
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    directory,
    output: () => output,
    async stop() {
      if (child.pid !== undefined && child.exitCode === null) {
        // The whole group: virtualbmc serves each machine from a process of its own.
        process.kill(-child.pid, 'SIGKILL');
        await ended;
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A TCP port of the loopback that was free a moment ago; UDP ports are as free as their number. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Tries until it works, or throws the last error with what the peer has said. */
export async function untilReady(
  peer: Peer,
  attempt: () => Promise<unknown>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (thrown) {
      if (Date.now() > deadline) throw new Error(`not ready, and says: ${peer.output()}`, { cause: thrown });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** What ipmi_sim is told to have: a BMC at its usual address, and nothing beside it. */
export const oneController = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
mc_enable 0x20
`;

/** ipmitool, as a second opinion. @returns its standard output. */
export async function ipmitool(
  port: number,
  user: { username: string; password: string },
  options: readonly string[],
  command: readonly string[],
): Promise<string> {
  const program = requireProgram('ipmitool', 'ipmitool');
  const where = ['-I', 'lanplus', '-H', '127.0.0.1', '-p', String(port)];
  const who = ['-U', user.username, '-P', user.password, '-L', 'OPERATOR'];
  const { stdout } = await promisify(execFile)(program, [...where, ...who, ...options, ...command]);
  return stdout;
}
