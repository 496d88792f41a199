import { spawn } from 'node:child_process';

export interface RunOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  /** Written to the program's standard input. */
  input?: string;
}

/**
 * Runs one program to its end and returns what it printed. Its error output is kept for the failure message only.
 *
 * @throws Error with the command line and the end of what it printed, when it does not exit with 0
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.on('error', reject);
  child.on('close', (code, signal) => {
    if (code === 0) return resolve(Buffer.concat(output).toString());
    const tail = Buffer.concat([...output, ...errors])
      .toString()
      .slice(-2000);
    reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}:\n${tail}`));
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return promise;
}

/** Runs a script with `sh -e`. For pipelines; everything else goes through `run`. */
export function shell(script: string, options: RunOptions = {}): Promise<string> {
  return run('sh', ['-ec', script], options);
}
