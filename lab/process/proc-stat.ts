import { readFileSync } from 'node:fs';

/** What identifies a process for as long as the machine runs: a pid alone is given out again. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks after boot at which it started, field 22 of `/proc/<pid>/stat`. */
  startTicks: number;
}

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
