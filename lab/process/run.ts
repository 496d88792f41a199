import { execFile } from 'node:child_process';
import { labError } from '../errors.ts';

/** What a finished program left. */
export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** How to run a program. */
export interface RunOptions {
  /** Written to its standard input. */
  input?: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Default 60 s; the program is killed then, and counts as failed. */
  timeoutMs?: number;
}

/** Runs a program to its end and gives what it printed, whatever its exit code (124 when it was killed). */
export function tryRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { input, env, cwd, timeoutMs = 60_000 } = options;
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      {
        encoding: 'utf8',
        timeout: timeoutMs,
        maxBuffer: 64 * 1024 * 1024,
        ...(env && { env }),
        ...(cwd && { cwd }),
      },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else resolve({ code: exitCode(error.code), stdout, stderr: stderr === '' ? error.message : stderr });
      },
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

/** Runs a program and gives its standard output. Throws `CommandFailed` with what it said when it ends otherwise than with 0. */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const result = await tryRun(command, args, options);
  if (result.code !== 0) {
    const said = (result.stderr || result.stdout).trim();
    throw labError('CommandFailed', `${[command, ...args].join(' ')}: exit code ${result.code}: ${said}`);
  }
  return result.stdout;
}

function exitCode(code: string | number | null | undefined): number {
  return typeof code === 'number' ? code : 124;
}
