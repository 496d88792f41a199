import { argument, option, type Run } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { member, message, moment, showHistory } from './show.ts';
import { severities, timelineKinds } from './table.ts';

/** One of the words, however it is written. @throws CliError usage */
function oneOf(what: string, given: string, words: readonly string[]): string {
  const found = words.find((word) => word.toLowerCase() === given.toLowerCase());
  if (found === undefined)
    throw new CliError('usage', `--${what} ${given}: there is no such ${what}`, `of ${words.join(', ')}`);
  return found;
}

/** `mw machine history NAME` */
export const run: Run = async (invocation, context) => {
  const name = argument(invocation, 0);
  const kinds = (invocation.options.get('kind') ?? []).flatMap((text) => text.split(','));
  const severity = option(invocation, 'severity');
  return showHistory(invocation, context, {
    path: `/api/v1/history/machines/${encodeURIComponent(name)}/timeline`,
    query: {
      kind:
        kinds.length === 0 ? undefined : kinds.map((kind) => oneOf('kind', kind, timelineKinds)).join(','),
      severity: severity === undefined ? undefined : oneOf('severity', severity, severities),
      reason: option(invocation, 'reason'),
    },
    columns: [
      moment('Time', 'at'),
      member('Type', 'severity'),
      member('Kind', 'kind'),
      member('Reason', 'reason'),
      message,
    ],
  });
};
