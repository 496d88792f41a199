import { availableMiB, parseCpuList } from './cpu.ts';
import { problemsOf, readHardwareErrors } from './hardware-errors.ts';
import { type Finding, failed, type HardwareTest, passed } from './types.ts';

/** Share of the free memory that is tested, and what stays free in any case. */
const share = 0.75;
const reserveMiB = 256;
/** A process more for each further so much: one processor alone does not fill the memory's bandwidth. */
const partMiB = 2048;
const mostParts = 16;
const seconds = 120;

/** Patterns into three quarters of the free memory and back; then ECC is asked what it noticed. */
export const memoryTest: HardwareTest = async (context) => {
  const { files, run } = context;
  const meminfo = (await files.readText('/proc/meminfo')) ?? '';
  const cpus = parseCpuList((await files.readText('/sys/devices/system/cpu/online')) ?? '0').length;
  const { parts, each } = divide(availableMiB(meminfo), cpus);
  const before = await readHardwareErrors(files, run);
  const percents = Array.from({ length: parts }, () => 0);
  const words = `patterns into ${parts * each} MiB`;
  context.progress(words, 0);
  const answers = await Promise.all(
    percents.map((_, part) =>
      context.check({ kind: 'memory', seconds, mebibytes: each }, context.signal, (percent) => {
        percents[part] = percent;
        context.progress(words, Math.min(...percents));
      }),
    ),
  );
  const after = await readHardwareErrors(files, run);
  const problems = answers.filter(({ right }) => !right).map(({ message }) => message);
  return judgeMemory(parts * each, answers[0]?.message ?? '', problems, {
    ...after,
    reported: after.reported.slice(before.reported.length),
    corrected: after.corrected - before.corrected,
  });
};

/** How much is tested, in processes of equal size. */
export function divide(freeMiB: number, cpus: number): { parts: number; each: number } {
  const tested = Math.max(16, Math.floor(Math.min(freeMiB * share, freeMiB - reserveMiB)));
  const parts = Math.max(1, Math.min(mostParts, cpus, Math.ceil(tested / partMiB)));
  return { parts, each: Math.floor(tested / parts) };
}

/** @param errors uncorrected ones since the boot, corrected ones and reports since the test began */
export function judgeMemory(
  testedMiB: number,
  done: string,
  wrong: readonly string[],
  errors: { corrected: number; uncorrected: number; reported: string[] },
): Finding {
  const problems = [...wrong.slice(0, 4), ...problemsOf(errors)];
  if (problems.length > 0) return failed(problems);
  const noted = errors.corrected > 0 ? `; ECC corrected ${errors.corrected} errors meanwhile` : '';
  const patterns = /, (.*)$/.exec(done)?.[1] ?? done;
  return passed(`${testedMiB} MiB read back right (${patterns})${noted}`);
}
