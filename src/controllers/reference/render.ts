import { advice } from '../../domain/lifecycle/advice.ts';
import type { FailureRow } from '../../domain/lifecycle/failures.ts';
import type { ReasonTables } from '../../domain/lifecycle/render.ts';

/** What a person is told to do begins with one of these. */
const orders = /^(Boot|Change|Check|Choose|Correct|Delete|Give|Look|Make|Order|Set|Wait)\b/;

/** What to do about a reason: of the table; else what its meaning says; else nothing. */
export function adviceFor(reason: string, meaning: string): string {
  const known = Object.entries(advice).find(([name]) => name === reason)?.[1];
  if (known !== undefined) return sentence(known);
  const sentences = meaning.split(/(?<=\.) /);
  const first = sentences.findIndex((said) => orders.test(said));
  if (first >= 0) return sentences.slice(first).join(' ');
  const [, said] = /: (.+)$/.exec(meaning) ?? [];
  return said !== undefined && orders.test(capital(said)) ? sentence(said) : 'Nothing.';
}

/** The page of every condition's reasons, in Markdown, made of tables alone. */
export function renderReasons(failures: Readonly<Record<string, FailureRow>>, tables: ReasonTables): string {
  return [
    '# Reasons, and what to do about them',
    '',
    'Generated from the tables in `src/`; do not edit.',
    '',
    '`kubectl describe` shows the conditions of an object, each with a reason and a message. The message says what was seen.',
    '"Nothing" is for what is as it shall be, and for what goes on by itself.',
    '',
    '## Failures of a Machine',
    '',
    'Reasons of a failed phase: in `status.failure.reason`, on the conditions, and on the Allocation that holds the machine.',
    '',
    '| Reason | Expected | What to do |',
    '| --- | --- | --- |',
    ...Object.entries(failures).map(
      ([reason, { expected, advice: what }]) => `| ${reason} | ${expected} | ${sentence(what)} |`,
    ),
    ...Object.entries(tables).flatMap(([condition, rows]) => [
      '',
      `## ${condition}`,
      '',
      '| Reason | Meaning | What to do |',
      '| --- | --- | --- |',
      ...Object.entries(rows).map(
        ([reason, meaning]) => `| ${reason} | ${sentence(meaning)} | ${adviceFor(reason, meaning)} |`,
      ),
    ]),
    '',
  ].join('\n');
}

function capital(text: string): string {
  return /^(spec|status)\b/.test(text) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function sentence(text: string): string {
  return `${capital(text).replace(/\.$/, '')}.`;
}
