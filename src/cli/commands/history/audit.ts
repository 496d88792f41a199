import { stringMember } from '../../../kube/json.ts';
import { option, type Run } from '../../command.ts';
import { type HistoryColumn, member, moment, showHistory } from './show.ts';

/** `machines/r2-17`, `allocations/web/web-1`; a trial that wrote nothing says so. */
const object: HistoryColumn = {
  heading: 'Object',
  cell(item) {
    const parts = ['resource', 'namespace', 'name'].flatMap((name) => stringMember(item, name) ?? []);
    return `${parts.join('/')}${item.dryRun === true ? ' (dry run)' : ''}`;
  },
};

/** `mw history audit` */
export const run: Run = async (invocation, context) =>
  showHistory(invocation, context, {
    path: '/api/v1/history/audit',
    query: { user: option(invocation, 'user'), namespace: option(invocation, 'namespace') },
    columns: [
      moment('Time', 'at'),
      member('User', 'user'),
      member('Verb', 'verb'),
      object,
      member('Outcome', 'outcome'),
      member('Message', 'message'),
    ],
  });
