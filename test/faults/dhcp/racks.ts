import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** One rack in a namespace of its own: the real program. */
export interface RackProcess {
  name: string;
  /** Its address on the clients' bridge, an unsigned 32-bit number. */
  server: number;
  stateDirectory: string;
  running(): boolean;
  start(): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** What a rack is started with. */
export interface RackProcessOptions {
  name: string;
  namespace: string;
  server: number;
  kubeconfigPath: string;
  directory: string;
  termSeconds: number;
  renewSeconds: number;
}

const program = resolve(import.meta.dirname, '../../../src/bin/rack.ts');

/** The rack is not started yet. */
export function createRackProcess(options: RackProcessOptions): RackProcess {
  const { name, namespace, directory } = options;
  const stateDirectory = join(directory, name);
  mkdirSync(stateDirectory, { recursive: true });
  let child: ChildProcess | undefined;
  return {
    name,
    server: options.server,
    stateDirectory,
    running: () => child !== undefined,
    start() {
      const log = openSync(join(directory, `${name}.log`), 'a');
      const started = spawn('ip', ['netns', 'exec', namespace, process.execPath, program], {
        stdio: ['ignore', log, log],
        env: {
          ...process.env,
          KUBECONFIG: options.kubeconfigPath,
          METALWRIGHT_NAMESPACE: 'default',
          METALWRIGHT_RACK_NAME: name,
          METALWRIGHT_RACK_INTERFACES: 'eth1',
          METALWRIGHT_STATE_DIR: stateDirectory,
          METALWRIGHT_LOADERS_DIR: directory,
          METALWRIGHT_IMAGE_DIRS: directory,
          METALWRIGHT_LOG_LEVEL: 'warn',
          METALWRIGHT_DHCP_PING_CHECK: 'false',
          METALWRIGHT_DHCP_PROBE_SECONDS: '0',
          METALWRIGHT_SLICE_TERM_SECONDS: String(options.termSeconds),
          METALWRIGHT_SLICE_RENEW_SECONDS: String(options.renewSeconds),
        },
      });
      closeSync(log);
      child = started;
      started.on('exit', () => {
        if (child === started) child = undefined;
      });
    },
    signal: (signal) => child?.kill(signal),
    async kill() {
      const victim = child;
      if (victim === undefined) return;
      await new Promise<void>((ended) => {
        victim.on('exit', () => ended());
        victim.kill('SIGKILL');
      });
    },
  };
}
