import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { Label, ObjectName } from '../../../api/fields.ts';
import { serverError } from '../../errors.ts';
import { apiResources } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { parseSelectors, Selectors } from '../resources/list-query.ts';
import { watchFilter } from './filter.ts';
import type { WatchHub } from './hub.ts';
import type { StreamSink } from './stream.ts';

const nouns = new Set(apiResources.map(({ noun }) => noun));

const WatchQuery = z.strictObject({
  resources: z
    .string()
    .max(512)
    .regex(/^[a-z-]+(,[a-z-]+){0,31}$/, 'nouns, separated by commas')
    .refine((text) => text.split(',').every((noun) => nouns.has(noun)), 'only nouns of resources')
    .describe('What to watch: machines,allocations.'),
  namespace: Label.optional().describe('Only objects of this namespace. Default: all that you may read.'),
  name: ObjectName.optional().describe('Only the object of this name.'),
  ...Selectors,
  lastEventId: z
    .string()
    .max(64)
    .optional()
    .describe('As the header Last-Event-ID, for clients that cannot send it.'),
});

/** How long a client that was told to go has to take what was sent, in milliseconds. */
const farewellMs = 5_000;

/** Changes as they happen, by server-sent events. */
export function watchRoutes(hub: WatchHub): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/watch',
      id: 'watch',
      tag: 'watch',
      summary: 'Changes as they happen',
      description: [
        'Server-sent events: `hello` first, then `added`, `modified` and `deleted` with `{resource, object}`. List after `hello`, and nothing is missed.',
        'After a break, `Last-Event-ID` brings what was missed; `resync` in the place of `hello` says that it is not known any more: list anew.',
        'With selectors or a name only such objects are sent: one that comes to match is `added`, one that does so no longer is `deleted`. A `deleted` may be of an object that the stream never had.',
        '`bye` with a reason comes before the server ends a stream: SlowClient, Unauthenticated, Forbidden or Stopping.',
      ].join(' '),
      pathSchema: noParameters,
      querySchema: WatchQuery,
      headers: { 'Last-Event-ID': 'The id of the last event that was seen.' },
      bodySchema: noBody,
      answers: { 200: { description: 'A stream of events.', mediaType: 'text/event-stream' } },
      problems: ['Forbidden', 'TooManyRequests'],
      async handle({ query, caller, again, header }, reply) {
        const lastEventId = header('last-event-id') ?? query.lastEventId;
        const open = await hub.admit({
          caller,
          again,
          nouns: [...new Set(query.resources.split(','))],
          namespace: query.namespace,
          filter: watchFilter(query.name, parseSelectors(query)),
          lastEventId: lastEventId === '' ? undefined : lastEventId,
        });
        if (reply.raw.destroyed) throw serverError('RequestTimeout', 'the client has gone');
        const headers = reply.getHeaders();
        reply.hijack();
        const response = reply.raw;
        for (const [name, value] of Object.entries(headers)) {
          if (value !== undefined) response.setHeader(name, value);
        }
        response.writeHead(200, {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
        });
        response.flushHeaders();
        const stream = open(sinkOf(response));
        response.on('close', () => stream.close());
        return undefined;
      },
    }),
  ];
}

function sinkOf(response: ServerResponse): StreamSink {
  return {
    write: (piece) => void response.write(piece),
    pendingBytes: () => response.writableLength,
    end() {
      response.end();
      const timer = setTimeout(() => response.destroy(), farewellMs);
      timer.unref();
      response.on('close', () => clearTimeout(timer));
    },
    destroy: () => void response.destroy(),
  };
}
