import type { Run } from '../../command.ts';
import { member, message, moment, showHistory, subject } from './show.ts';

/** `mw history search WORDS` */
export const run: Run = async (invocation, context) =>
  showHistory(invocation, context, {
    path: '/api/v1/search',
    query: { q: invocation.arguments.join(' ') },
    columns: [
      moment('Time', 'at'),
      member('Type', 'severity'),
      member('Kind', 'kind'),
      subject,
      member('Reason', 'reason'),
      message,
    ],
  });
