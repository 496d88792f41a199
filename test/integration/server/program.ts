import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { freePorts } from '../../../lab/net/free-ports.ts';
import { until } from '../controllers/setting.ts';
import type { Setting } from './setting.ts';

const program = join(import.meta.dirname, '../../../src/bin/server.ts');

/** `src/bin/server.ts` as a process. */
export interface ServerProgram {
  url: string;
  /** What it has said, on both streams. */
  log(): string;
  /** Waits until its database answers. @param token of somebody who may list machines */
  hasHistory(token: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the program as the service account that the guide describes, without limits of rates, and waits until it is ready.
 *
 * @param directory for its kubeconfig, and for its history: PGlite, unless the environment names a database
 */
export async function startServerProgram(
  setting: Setting,
  directory: string,
  environment: Record<string, string> = {},
): Promise<ServerProgram> {
  const kubeconfig = join(directory, 'server-kubeconfig');
  const config = parse(readFileSync(setting.kubeconfigPath, 'utf8'));
  config.users[0].user = { token: setting.ownToken };
  writeFileSync(kubeconfig, stringify(config));
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: kubeconfig,
      METALWRIGHT_API_PORT: String(port),
      METALWRIGHT_API_RATE_ADDRESS: '0',
      METALWRIGHT_API_RATE_CALLER: '0',
      METALWRIGHT_API_RATE_SIGN_IN: '0',
      METALWRIGHT_HISTORY_DIRECTORY: join(directory, 'history'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      log += piece;
    });
  }
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error('the server has ended');
    return (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200;
  };
  try {
    await until('it is ready', isReady, () => log, 280_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    log: () => log,
    hasHistory: (token) =>
      until(
        'history can be read',
        async () => {
          const headers = { authorization: `Bearer ${token}` };
          return (await fetch(`${url}/api/v1/history/power`, { headers })).status === 200;
        },
        () => log,
        280_000,
      ),
    stop,
  };
}
