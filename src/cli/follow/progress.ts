import type { Machine } from '../../api/machine/schema.ts';
import { whatOf } from '../../domain/timeline/steps.ts';
import type { Context } from '../command.ts';
import { paint, printable } from '../output/style.ts';
import type { Deadline } from './deadline.ts';

/** Says each line once, with the time since the begin, on standard error. */
export function newReporter(context: Context, deadline: Deadline): (line: string) => void {
  const said = new Set<string>();
  const { terminal } = context;
  return (line) => {
    if (said.has(line)) return;
    said.add(line);
    terminal.err(`${paint(deadline.elapsed().padStart(6), 'faint', terminal.colour)}  ${printable(line)}\n`);
  };
}

/** What there is to say of a machine at work: phase, steps of its timeline, and its task by tens of percent. */
export function machineProgress({ metadata, status }: Machine): string[] {
  const lines: string[] = [];
  const say = (text: string): number => lines.push(`${metadata.name}: ${text}`);
  if (status?.phase !== undefined)
    say(status.step === undefined ? status.phase : `${status.phase}, ${status.step}`);
  const { timeline, task, taskResult, failure } = status ?? {};
  for (const { step, detail } of timeline?.steps ?? []) {
    const what = whatOf(step);
    say(
      `boot ${timeline?.generation ?? 0}: ${what === '' ? step : what}${detail === undefined ? '' : ` (${detail})`}`,
    );
  }
  if (task !== undefined && taskResult?.id === task.id && taskResult.percent !== undefined) {
    say(`${task.kind}: ${taskResult.step ?? ''} ${Math.floor(taskResult.percent / 10) * 10} %`);
  }
  if (failure !== undefined) say(`${failure.reason}: ${failure.message}`);
  return lines;
}
