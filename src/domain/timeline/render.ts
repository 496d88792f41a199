import { lateReason } from './late.ts';
import { span } from './span.ts';
import { type Expectation, type StepRow, stepTable, taskStepTable } from './steps.ts';

/** The reference page of timelines, in Markdown, made of the tables. */
export function renderTimeline(): string {
  const rows: [string, StepRow][] = Object.entries(stepTable);
  const tasks: [string, Expectation][] = Object.entries(taskStepTable);
  return [
    '# Timeline',
    '',
    'Generated from `src/domain/timeline`; do not edit. [The guide](../guides/timeline.md) shows how to read it.',
    '',
    'Steps in `status.timeline` of a Machine, in the order of a boot; each is an Event of this reason, too. When one is late, the condition',
    '`Late` is True, with the reason of this page. It is late after the time of this table, or at half of the time after which the wait',
    'ends in a failure ([configuration](configuration.md)), whichever is earlier.',
    '',
    '| Step | What happens | Usually within | Late after | With UEFI | Reason when late |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(([step, row]) => line(step, row)),
    '',
    '## Steps of tasks',
    '',
    'They are between `Agent` and `TaskEnded`, and are told when they are over. A step that is not in this table is `TaskOther` in metrics',
    'and reasons.',
    '',
    '| Step | Usually within | Late after | Reason when late |',
    '| --- | --- | --- | --- |',
    ...tasks.map(([word, row]) => {
      const step = `Task${word}`;
      const reason = row.late === 'never' ? '–' : `\`${lateReason(step)}\``;
      return `| \`${step}\` | ${seconds(row.usual)} | ${late(row)} | ${reason} |`;
    }),
    '',
  ].join('\n');
}

function line(step: string, row: StepRow): string {
  const awaited = row.advice !== undefined;
  const uefi = row.uefi === undefined ? '–' : `${seconds(row.uefi.usual)}, ${late(row.uefi)}`;
  const times = awaited ? `${seconds(row.usual)} | ${late(row)} | ${uefi}` : '– | – | –';
  return `| \`${step}\` | ${row.what} | ${times} | ${awaited ? `\`${lateReason(step)}\`` : '–'} |`;
}

function seconds(value: number | undefined): string {
  return value === undefined ? '–' : span(value * 1000);
}

function late({ late: after }: Expectation): string {
  if (after === 'never') return 'never';
  return after === undefined ? 'half of the limit' : span(after * 1000);
}
