import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '../../../lab/net/free-ports.ts';
import { until } from '../controllers/setting.ts';

const program = join(import.meta.dirname, '../../../src/bin/server.ts');

/** `src/bin/server.ts` as a process of its own, with the built UI. */
export interface ServerProcess {
  url: string;
  /** What it has logged, one JSON object a line. */
  log(): string;
  /** Ends it and starts it anew at the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Throws, and leaves no process behind, when it is not ready in time.
 *
 * @param env settings beside the kubeconfig and the port; see docs/reference/configuration.md
 */
export async function startServerProcess(
  kubeconfigPath: string,
  env: Record<string, string> = {},
  patienceMs = 90_000,
): Promise<ServerProcess> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  let log = '';
  const start = async () => {
    const child = spawn(process.execPath, [program], {
      env: {
        PATH: process.env.PATH,
        KUBECONFIG: kubeconfigPath,
        METALWRIGHT_API_PORT: String(port),
        METALWRIGHT_HISTORY: 'false',
        ...env,
      },
    });
    const keep = (piece: Buffer) => {
      log += piece.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
    const stop = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const tooLate = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(tooLate);
    };
    const answers = async () => {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${log.slice(-3_000)}`);
      return (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200;
    };
    try {
      await until('the server is ready', answers, () => log.slice(-3_000), patienceMs, 100);
    } catch (error) {
      // Whoever asked has nothing to end it with.
      await stop();
      throw error;
    }
    return stop;
  };
  let stop = await start();
  return {
    url,
    log: () => log,
    async restart() {
      await stop();
      stop = await start();
    },
    stop: () => stop(),
  };
}
