import { messageOf } from '../../../errors/coded-error.ts';
import { complaint, type RunProgram } from '../../host/programs.ts';
import { checkCpu } from './cpu.ts';
import { checkMemory } from './memory.ts';

/** A computation in a process of its own. Sizes in MiB. */
export type CheckRequest =
  | { kind: 'cpu'; seconds: number; cpu: number }
  | { kind: 'memory'; seconds: number; mebibytes: number };

/** @param onPercent how far it is */
export type RunCheck = (
  request: CheckRequest,
  signal: AbortSignal,
  onPercent?: (percent: number) => void,
) => Promise<CheckAnswer>;

/** What the computation came to: what it did, or what was wrong. */
export interface CheckAnswer {
  right: boolean;
  message: string;
}

/** @param program the command line of the agent itself, which carries the check out as `<program> check <kind> …` */
export function runCheckWith(run: RunProgram, program: readonly string[]): RunCheck {
  return async (request, signal, onPercent) => {
    const own = [...program, 'check', request.kind, String(request.seconds)];
    const words =
      request.kind === 'cpu'
        ? ['taskset', '-c', String(request.cpu), ...own]
        : [...own, String(request.mebibytes)];
    const [name = '', ...args] = words;
    const result = await run(name, args, {
      signal,
      onOutput(text) {
        const percent = /(\d+) %\s*$/.exec(text)?.[1];
        if (percent !== undefined) onPercent?.(Number(percent));
      },
    });
    signal.throwIfAborted();
    const answer = /^(right|wrong): (.*)$/m.exec(result.stdout);
    if (answer !== null) return { right: answer[1] === 'right', message: answer[2] ?? '' };
    return { right: false, message: `the check died (${complaint(result)})` };
  };
}

/**
 * The other side of it: what the process that was started so does.
 *
 * @param args what stands behind `check` on its command line
 * @param print takes a line
 */
export async function carryOutCheck(args: readonly string[], print: (line: string) => void): Promise<void> {
  const [kind, seconds = '', mebibytes = ''] = args;
  const deps = { now: () => performance.now(), onPercent: (percent: number) => print(`${percent} %`) };
  try {
    const done =
      kind === 'memory'
        ? await checkMemory(Number(mebibytes), Number(seconds), deps)
        : checkCpu(Number(seconds), deps);
    print(`right: ${done}`);
  } catch (error) {
    print(`wrong: ${messageOf(error)}`);
  }
}
