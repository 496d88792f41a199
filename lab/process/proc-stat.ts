import { readFileSync } from 'node:fs';
import { z } from 'zod';

/**
 * What identifies a process for as long as the machine runs: its pid, which is given out again, and when it started, in
 * clock ticks after boot (field 22 of `/proc/<pid>/stat`).
 */
export const ProcessIdentity = z.object({ pid: z.int().positive(), startTicks: z.int() });
export type ProcessIdentity = z.infer<typeof ProcessIdentity>;

/** Reads the start time from the text of `/proc/<pid>/stat`; `undefined` for a zombie, which is as good as gone. */
export function parseStartTicks(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const ticks = Number(fields[19]);
  return state === 'Z' || state === 'X' || !Number.isInteger(ticks) ? undefined : ticks;
}

/** The identity of a live process, `undefined` when there is none with this pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const startTicks = parseStartTicks(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return startTicks === undefined ? undefined : { pid, startTicks };
  } catch {
    return undefined;
  }
}

/** True while exactly this process, and not a later one with the same pid, is alive. */
export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

/** The identity that a file holds as JSON, `undefined` when it holds none. */
export function readIdentity(path: string): ProcessIdentity | undefined {
  try {
    return ProcessIdentity.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
