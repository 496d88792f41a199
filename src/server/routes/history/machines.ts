import { z } from 'zod';
import { ObjectName } from '../../../api/fields.ts';
import type { Caller } from '../../../kube/endpoint/caller-review.ts';
import { ResultItem, readResult } from '../../../store/reads/results.ts';
import { TimelineItem, type TimelineKind, timelineKinds } from '../../../store/reads/sources.ts';
import { readTimeline } from '../../../store/reads/timeline.ts';
import type { HistoryStore } from '../../../store/store.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { ask, later, windowOf } from '../../history/reader.ts';
import { attributesOf, ObjectPath, resourceOf } from '../../resources.ts';
import { type Answer, type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { answerOf, pageOfQuery, pageParameters, pageSchema, RowText } from './query.ts';

const filters = {
  ...pageParameters,
  severity: z.enum(['Normal', 'Warning']).optional(),
  reason: RowText.optional().describe('As the item has it: a reason, a phase, a step, an action, a test.'),
};

const TimelineQuery = z.strictObject({
  ...filters,
  kind: z
    .string()
    .max(128)
    .optional()
    .refine((text) => text === undefined || kindsOf(text) !== undefined, `of ${timelineKinds.join(', ')}`)
    .describe(`Of these kinds alone, with commas between: ${timelineKinds.join(', ')}.`),
});

const OneKindQuery = z.strictObject({
  ...filters,
  machine: ObjectName.optional().describe('Of this machine alone. Needed by whom may not list machines.'),
});

const ResultPath = z.strictObject({ ...ObjectPath.shape, id: z.uuid().describe('The id of the result.') });

/** Undefined: one of them is none. */
function kindsOf(text: string): TimelineKind[] | undefined {
  const kinds = text.split(',').map((word) => timelineKinds.find((kind) => kind === word));
  return kinds.every((kind) => kind !== undefined) ? kinds : undefined;
}

type Filters = z.infer<typeof OneKindQuery>;

/** The history of machines. @param store undefined: no history is kept */
export function machineHistoryRoutes(deps: ServerDeps, store: HistoryStore | undefined): ApiRoute[] {
  const shared = { method: 'GET', tag: 'history', bodySchema: noBody } as const;
  const answers = {
    200: { description: 'A page, newest first.', schema: pageSchema(TimelineItem) },
  };
  const problems = ['BadCursor', 'Forbidden', 'HistoryUnavailable'] as const;

  async function timeline(
    caller: Caller,
    query: Filters,
    kinds: readonly TimelineKind[] | undefined,
  ): Promise<Answer> {
    const { machine } = query;
    let from: string | undefined;
    if (machine === undefined)
      await deps.access.require(caller, attributesOf(resourceOf('machines'), 'list'));
    else from = (await windowOf(deps, caller, machine)).since;
    const { cursor: _cursor, limit: _limit, ...rest } = query;
    const list = ['timeline', rest, kinds];
    const asked = { ...rest, kinds, ...pageOfQuery(deps, list, query) };
    return answerOf(
      deps,
      list,
      await ask(store, (database) => readTimeline(database, { ...asked, since: later(asked.since, from) })),
    );
  }

  return [
    defineRoute({
      ...shared,
      path: '/api/v1/history/machines/{name}/timeline',
      id: 'getMachineTimeline',
      summary: 'The story of a machine: events, phases, boots, actions, power, results, addresses',
      description:
        'Also of a machine that is gone. A tenant sees what happened since their Allocation has the machine.',
      pathSchema: ObjectPath,
      querySchema: TimelineQuery,
      answers,
      problems,
      handle: ({ path, query: { kind, ...query }, caller }) =>
        timeline(caller, { ...query, machine: path.name }, kind === undefined ? undefined : kindsOf(kind)),
    }),
    defineRoute({
      ...shared,
      path: '/api/v1/history/machines/{name}/results/{id}',
      id: 'getMachineResult',
      summary: 'One result of a test, a task or an inventory, with what it printed',
      pathSchema: ResultPath,
      querySchema: noParameters,
      answers: { 200: { description: 'The result.', schema: ResultItem } },
      problems: ['Forbidden', 'HistoryUnavailable', 'NotFound'],
      async handle({ path, caller }) {
        const { since } = await windowOf(deps, caller, path.name);
        const wanted = { machine: path.name, id: path.id };
        const result = await ask(store, (database) => readResult(database, wanted));
        if (result === undefined || later(since, result.at) !== result.at)
          throw serverError('NotFound', `there is no result ${path.id} of the machine ${path.name}`);
        return { status: 200, body: result };
      },
    }),
    defineRoute({
      ...shared,
      path: '/api/v1/history/power',
      id: 'listHistoryPower',
      summary: 'What BMCs were told to do, and what came of it',
      pathSchema: noParameters,
      querySchema: OneKindQuery,
      answers,
      problems,
      handle: ({ query, caller }) => timeline(caller, query, ['Power']),
    }),
    defineRoute({
      ...shared,
      path: '/api/v1/history/tests',
      id: 'listHistoryTests',
      summary: 'Results of hardware tests, tasks and inventories',
      pathSchema: noParameters,
      querySchema: OneKindQuery,
      answers,
      problems,
      handle: ({ query, caller }) => timeline(caller, query, ['Result']),
    }),
  ];
}
