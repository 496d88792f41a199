import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** How a run of `mw` ended. */
export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** `mw` as a process. */
export interface Running {
  ended: Promise<Ended>;
  /** What it has said on standard output so far. */
  out(): string;
  interrupt(): void;
}

/**
 * Starts the program `path`, built by `buildMw`, with a kubeconfig of its own and nothing else of this environment.
 *
 * @param env what its environment has beside that
 */
export function startMw(
  path: string,
  kubeconfig: string,
  words: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [path, ...words], {
    env: { KUBECONFIG: kubeconfig, HOME: '/nonexistent', PATH: process.env.PATH, ...env },
    stdio: 'pipe',
  });
  let said = '';
  child.stdout.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  child.stdin.end(input);
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]).then(
    ([out, err, [code]]): Ended => ({ code: typeof code === 'number' ? code : null, out, err }),
  );
  return { ended, out: () => said, interrupt: () => child.kill('SIGINT') };
}
