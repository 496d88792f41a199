import { execFileSync, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLabEnvironment } from '../../lab/environment.ts';
import { freePorts } from '../../lab/net/free-ports.ts';
import { requireProgram } from '../../lab/process/programs.ts';
import { startCluster } from '../../test/integration/store/cluster.ts';

/** As the chart sets them for the server, so that what is measured is what people run. */
export const chartSettings = { NODE_OPTIONS: '--max-semi-space-size=8', MALLOC_ARENA_MAX: '2' } as const;

/** `src/bin/server.ts` as a process of its own, with history in a PostgreSQL of its own. */
export interface MeasuredServer {
  url: string;
  pid: number;
  /** From exec until it was ready, in seconds. */
  readySeconds: number;
  stop(): Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** @param directory for its log and for what waits for the database @param env settings beside those */
export async function startMeasuredServer(
  kubeconfigPath: string,
  directory: string,
  env: Record<string, string> = {},
): Promise<MeasuredServer> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const cluster = startCluster({ durable: true });
  const started = performance.now();
  const logPath = join(directory, 'server.log');
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/bin/server.ts')], {
    env: {
      PATH: process.env.PATH,
      ...chartSettings,
      KUBECONFIG: kubeconfigPath,
      METALWRIGHT_API_PORT: String(port),
      METALWRIGHT_LOG_LEVEL: 'warn',
      METALWRIGHT_DATABASE_URL: cluster.url('postgres'),
      METALWRIGHT_HISTORY_DIRECTORY: join(directory, 'history'),
      ...env,
    },
    stdio: ['ignore', openSync(logPath, 'w'), 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    cluster.remove();
  };
  for (;;) {
    const isReady = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) break;
    if (child.exitCode !== null) {
      cluster.remove();
      throw new Error(`the server ended:\n${readFileSync(logPath, 'utf8').slice(-3_000)}`);
    }
    await pause(100);
  }
  return { url, pid: child.pid ?? 0, readySeconds: (performance.now() - started) / 1000, stop };
}

/** Tokens of somebody who may do everything. */
export function makeTokens(kubeconfigPath: string, count: number): string[] {
  const kubectl = requireProgram('kubectl', readLabEnvironment());
  const kube = (...args: string[]): string =>
    execFileSync(kubectl, ['--kubeconfig', kubeconfigPath, ...args], { encoding: 'utf8' }).trim();
  kube('create', 'serviceaccount', 'reader');
  kube(
    'create',
    'clusterrolebinding',
    'reader',
    '--clusterrole=cluster-admin',
    '--serviceaccount=default:reader',
  );
  return Array.from({ length: count }, () => kube('create', 'token', 'reader'));
}
