import { z } from 'zod';
import { Label, ObjectName } from '../../../api/fields.ts';
import { AddressItem, readAddresses } from '../../../store/reads/addresses.ts';
import { AllocationItem, readAllocations } from '../../../store/reads/allocations.ts';
import { AuditItem, readAudit } from '../../../store/reads/audit.ts';
import { TimelineItem } from '../../../store/reads/sources.ts';
import { readEvents, searchHistory, searchTerms } from '../../../store/reads/timeline.ts';
import type { HistoryStore } from '../../../store/store.ts';
import { eventClasses } from '../../../store/tables/events.ts';
import type { ServerDeps } from '../../deps.ts';
import { allocationScope, ask, eventScope, later, requireAudit, windowOf } from '../../history/reader.ts';
import { attributesOf, resourceOf } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { consoleHistoryRoutes } from './console.ts';
import { machineHistoryRoutes } from './machines.ts';
import { answerOf, pageOfQuery, pageParameters, pageSchema, RowText } from './query.ts';
import { sensorHistoryRoutes } from './sensors.ts';

const severity = z.enum(['Normal', 'Warning']).optional();
const reason = RowText.optional().describe('As the item has it.');
const open = z.enum(['true', 'false']).optional().describe('true: what is there now. false: what is gone.');

const EventsQuery = z.strictObject({
  ...pageParameters,
  machine: ObjectName.optional().describe('What has to do with this machine.'),
  namespace: Label.optional(),
  kind: RowText.optional().describe('Of objects of this kind: Machine, Allocation.'),
  name: RowText.optional().describe('Of objects of this name.'),
  class: z.enum(eventClasses).optional(),
  severity,
  reason,
});

const AllocationsQuery = z.strictObject({
  ...pageParameters,
  namespace: Label.optional(),
  name: RowText.optional(),
  machine: ObjectName.optional(),
  user: RowText.optional().describe('Who made it, through the REST API.'),
  open,
});

const AddressesQuery = z.strictObject({
  ...pageParameters,
  address: z.union([z.ipv4(), z.ipv6()]).optional(),
  subnet: ObjectName.optional(),
  mac: RowText.optional(),
  machine: ObjectName.optional(),
  open,
});

const AuditQuery = z.strictObject({
  ...pageParameters,
  user: RowText.optional(),
  verb: z.enum(['create', 'replace', 'patch', 'delete']).optional(),
  resource: RowText.optional().describe('The noun of the path: machines.'),
  namespace: Label.optional(),
  name: RowText.optional(),
  outcome: RowText.optional().describe('Done, or the code of the problem.'),
  requestId: RowText.optional(),
});

const SearchQuery = z.strictObject({
  ...pageParameters,
  q: z
    .string()
    .min(1)
    .max(200)
    .refine((text) => searchTerms(text) !== '', 'a letter or a digit')
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'a text without NUL')
    .describe('Words, all of which must be there; each may be the beginning of one.'),
});

const isOpen = (value: 'true' | 'false' | undefined) => (value === undefined ? undefined : value === 'true');

/** What resources cannot say: what was. @param store undefined: no history is kept */
export function historyRoutes(deps: ServerDeps, store: HistoryStore | undefined): ApiRoute[] {
  const { access } = deps;
  const shared = { method: 'GET', tag: 'history', pathSchema: noParameters, bodySchema: noBody } as const;
  const page = (item: z.ZodType) => ({
    200: { description: 'A page, newest first.', schema: pageSchema(item) },
  });
  const problems = ['BadCursor', 'Forbidden', 'HistoryUnavailable'] as const;
  return [
    ...machineHistoryRoutes(deps, store),
    ...sensorHistoryRoutes(deps, store),
    ...consoleHistoryRoutes(deps, store),
    defineRoute({
      ...shared,
      path: '/api/v1/history/events',
      id: 'listHistoryEvents',
      summary: 'Events, phases, steps of boots and ended actions of all objects',
      description:
        'Of machines and the like for whom may list machines; of Allocations for whom may list those.',
      querySchema: EventsQuery,
      answers: page(TimelineItem),
      problems,
      async handle({ query, caller }) {
        const scope = await eventScope(deps, caller, query.namespace);
        const { cursor: _cursor, limit: _limit, class: one, kind, ...rest } = query;
        const list = ['events', rest, one, kind];
        const asked = { ...rest, ...pageOfQuery(deps, list, query) };
        const classes = one === undefined ? undefined : [one];
        return answerOf(
          deps,
          list,
          await ask(store, (database) =>
            readEvents(database, { ...asked, scope, classes, subjectKind: kind }),
          ),
        );
      },
    }),
    defineRoute({
      ...shared,
      path: '/api/v1/history/allocations',
      id: 'listHistoryAllocations',
      summary: 'Who had which machine, from when until when',
      querySchema: AllocationsQuery,
      answers: page(AllocationItem),
      problems,
      async handle({ query, caller }) {
        const namespaces = await allocationScope(deps, caller, query.namespace);
        const { cursor: _cursor, limit: _limit, ...rest } = query;
        const list = ['allocations', rest];
        const asked = { ...rest, open: isOpen(rest.open), ...pageOfQuery(deps, list, query) };
        return answerOf(
          deps,
          list,
          await ask(store, (database) => readAllocations(database, { ...asked, namespaces })),
        );
      },
    }),
    defineRoute({
      ...shared,
      path: '/api/v1/history/addresses',
      id: 'listHistoryAddresses',
      summary: 'Who had which address, from when until when',
      description: 'Without the right to list IPAddresses: those of a machine that your Allocation holds.',
      querySchema: AddressesQuery,
      answers: page(AddressItem),
      problems,
      async handle({ query, caller }) {
        const wanted = attributesOf(resourceOf('ip-addresses'), 'list');
        const { machine } = query;
        let from: string | undefined;
        if (machine === undefined) await access.require(caller, wanted);
        else if (!(await access.may(caller, wanted))) from = (await windowOf(deps, caller, machine)).since;
        const { cursor: _cursor, limit: _limit, ...rest } = query;
        const list = ['addresses', rest];
        const asked = { ...rest, open: isOpen(rest.open), ...pageOfQuery(deps, list, query) };
        return answerOf(
          deps,
          list,
          await ask(store, (database) =>
            readAddresses(database, { ...asked, since: later(asked.since, from) }),
          ),
        );
      },
    }),
    defineRoute({
      ...shared,
      path: '/api/v1/history/audit',
      id: 'listHistoryAudit',
      summary: 'Who wrote what through the REST API, and what came of it',
      description:
        'Needs the verb list on auditrecords.metalwright.dev: in the whole cluster, or with namespace in that one.',
      querySchema: AuditQuery,
      answers: page(AuditItem),
      problems,
      async handle({ query, caller }) {
        await requireAudit(deps, caller, query.namespace);
        const { cursor: _cursor, limit: _limit, ...rest } = query;
        const list = ['audit', rest];
        const asked = { ...rest, ...pageOfQuery(deps, list, query) };
        return answerOf(deps, list, await ask(store, (database) => readAudit(database, asked)));
      },
    }),
    defineRoute({
      ...shared,
      path: '/api/v1/search',
      id: 'searchHistory',
      summary: 'Search the words of events, phases, actions, results and what they printed',
      querySchema: SearchQuery,
      answers: page(TimelineItem),
      problems,
      async handle({ query, caller }) {
        const scope = await eventScope(deps, caller);
        const { cursor: _cursor, limit: _limit, q: text, ...rest } = query;
        const list = ['search', rest, text];
        const asked = { ...rest, text, ...pageOfQuery(deps, list, query) };
        return answerOf(
          deps,
          list,
          await ask(store, (database) => searchHistory(database, { ...asked, scope })),
        );
      },
    }),
  ];
}
