import { readHardwareErrors } from './hardware-errors.ts';
import { type Finding, failed, type HardwareTest, passed } from './types.ts';

const secondsEach = 2;
/** Processes at a time: each takes some 50 MiB. */
const mostAtOnce = 32;

/** Every processor computes what the answer of is known; then the machine is asked for machine checks. */
export const cpuTest: HardwareTest = async (context) => {
  const { files, run, signal } = context;
  const cpus = parseCpuList((await files.readText('/sys/devices/system/cpu/online')) ?? '0');
  const present = parseCpuList((await files.readText('/sys/devices/system/cpu/present')) ?? '0');
  const freeMiB = availableMiB((await files.readText('/proc/meminfo')) ?? '');
  const atOnce = Math.max(1, Math.min(mostAtOnce, cpus.length, Math.floor(freeMiB / 128)));
  const wrong = new Map<number, string>();
  for (let from = 0; from < cpus.length; from += atOnce) {
    context.progress(`computing on ${cpus.length} processors`, (from / cpus.length) * 100);
    const answers = cpus.slice(from, from + atOnce).map(async (cpu) => {
      const answer = await context.check({ kind: 'cpu', seconds: secondsEach, cpu }, signal);
      if (!answer.right) wrong.set(cpu, answer.message);
    });
    await Promise.all(answers);
  }
  const { reported } = await readHardwareErrors(files, run);
  return judgeCpus({ cpus, missing: present.length - cpus.length, wrong, reported });
};

export function judgeCpus(seen: {
  cpus: readonly number[];
  missing: number;
  wrong: ReadonlyMap<number, string>;
  reported: readonly string[];
}): Finding {
  const problems = [...seen.wrong].map(([cpu, message]) => `processor ${cpu}: ${message}`).slice(0, 4);
  if (seen.wrong.size > 4) problems.push(`and ${seen.wrong.size - 4} more`);
  if (seen.missing > 0)
    problems.push(`expected all processors at work, ${seen.missing} that are present are not`);
  const checks = seen.reported.filter((line) => /processor|CPU \d|MC\d|Machine check/i.test(line));
  if (checks.length > 0)
    problems.push(`expected no machine check, the kernel reported ${checks.length} lines`);
  return problems.length > 0
    ? failed(problems)
    : passed(`${seen.cpus.length} processors came to the known answer`);
}

/** The kernel's list of numbers, `0-3,8`. */
export function parseCpuList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(range.trim()) ?? [];
    if (first === undefined) return [];
    const length = Math.max(0, Number(last ?? first) - Number(first) + 1);
    return Array.from({ length: Math.min(length, 8192) }, (_, index) => Number(first) + index);
  });
}

/** MemAvailable of /proc/meminfo. */
export function availableMiB(meminfo: string): number {
  return Math.floor(Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) / 1024);
}
