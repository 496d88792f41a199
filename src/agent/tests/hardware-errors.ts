import { type Files, readNumber } from '../host/files.ts';
import type { RunProgram } from '../host/programs.ts';

/** What the machine itself has noticed since it booted. */
export interface HardwareErrors {
  /** Memory errors that ECC put right, and that it could not (EDAC; Documentation/admin-guide/ras.rst). */
  corrected: number;
  uncorrected: number;
  /** Machine checks, PCIe and firmware errors: lines of the kernel's log that it marks `[Hardware Error]`. */
  reported: string[];
}

export async function readHardwareErrors(files: Files, run: RunProgram): Promise<HardwareErrors> {
  const base = '/sys/devices/system/edac/mc';
  const controllers = (await files.list(base)).filter((name) => /^mc\d+$/.test(name));
  const sum = async (counter: string): Promise<number> => {
    const counts = await Promise.all(
      controllers.map((name) => readNumber(files, `${base}/${name}/${counter}`)),
    );
    return counts.reduce<number>((total, count) => total + (count ?? 0), 0);
  };
  const log = await run('dmesg', []);
  return {
    corrected: await sum('ce_count'),
    uncorrected: await sum('ue_count'),
    reported: log.stdout.split('\n').filter((line) => line.includes('[Hardware Error]')),
  };
}

/** What is wrong with a machine that has noticed these. */
export function problemsOf({ uncorrected, reported }: HardwareErrors): string[] {
  const problems: string[] = [];
  if (uncorrected > 0)
    problems.push(`expected no memory error that ECC cannot correct, the machine counted ${uncorrected}`);
  if (reported.length > 0)
    problems.push(
      `expected no machine check, the kernel reported ${reported.length} lines: ${plain(reported[0] ?? '')}`,
    );
  return problems;
}

/** Without the kernel's time stamp and mark. */
function plain(line: string): string {
  return line
    .replace(/^\[[ \d.]+\]\s*/, '')
    .replace(/^.*\[Hardware Error\]:\s*/, '')
    .slice(0, 120);
}
