import { z } from 'zod';
import { ConsoleItem, readConsole } from '../../../store/reads/results.ts';
import type { HistoryStore } from '../../../store/store.ts';
import type { ServerDeps } from '../../deps.ts';
import { ask, consoleWindowOf, later } from '../../history/reader.ts';
import { ObjectPath } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody } from '../../route.ts';
import { answerOf, pageOfQuery, pageParameters, pageSchema, RowText } from './query.ts';

const ConsoleQuery = z.strictObject({
  ...pageParameters,
  q: RowText.optional().describe('Only lines with this text in them, in capitals or not.'),
});

/** What machines said on their consoles. @param store undefined: no history is kept */
export function consoleHistoryRoutes(deps: ServerDeps, store: HistoryStore | undefined): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/machines/{name}/console-log',
      id: 'getMachineConsoleLog',
      tag: 'history',
      summary: 'What a machine said on its serial console while Metalwright booted it, line by line',
      description:
        'Also of a machine that is gone. Needs the verb get on machines/console; without it a tenant sees what was said since their Allocation has the machine.',
      pathSchema: ObjectPath,
      querySchema: ConsoleQuery,
      bodySchema: noBody,
      answers: { 200: { description: 'A page, newest first.', schema: pageSchema(ConsoleItem) } },
      problems: ['BadCursor', 'Forbidden', 'HistoryUnavailable'],
      async handle({ path: { name }, query, caller }) {
        const window = await consoleWindowOf(deps, caller, name);
        const { cursor: _cursor, limit: _limit, q: text, ...rest } = query;
        const list = ['console-log', name, rest, text];
        const asked = { ...rest, machine: name, text, ...pageOfQuery(deps, list, query) };
        const since = later(asked.since, window.since);
        return answerOf(
          deps,
          list,
          await ask(store, (database) => readConsole(database, { ...asked, since })),
        );
      },
    }),
  ];
}
