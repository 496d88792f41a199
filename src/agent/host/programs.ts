import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

/** What a program of the ephemeral OS said. */
export interface ProgramResult {
  /** Exit status; 128 + n after signal n, 127 when it could not be started. */
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; never throws. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options?: { input?: string; signal?: AbortSignal; onOutput?(text: string): void },
) => Promise<ProgramResult>;

export const runProgram: RunProgram = async (program, args, options = {}) => {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const ended = new Promise<{ status: number; why: string }>((resolve) => {
    child.on('error', (error) => resolve({ status: 127, why: error.message }));
    child.on('close', (code, signal) => resolve({ status: code ?? 128, why: signal ?? '' }));
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  if (options.onOutput !== undefined) child.stdout.on('data', (bytes) => options.onOutput?.(String(bytes)));
  const [stdout, stderr, { status, why }] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    ended,
  ]);
  return { status, stdout: stdout.toString(), stderr: `${stderr.toString()}${why}` };
};

/** The last line that a failed program printed, for messages. */
export function complaint(result: ProgramResult): string {
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim() ?? `exit status ${result.status}`;
}
