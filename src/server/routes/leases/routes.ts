import { z } from 'zod';
import { Label, ObjectName } from '../../../api/fields.ts';
import { group } from '../../../api/meta.ts';
import { type Rack, rackKind } from '../../../api/rack/schema.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { attributesOf, ObjectPath, resourceOf } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { callerToken } from '../../sign-in/caller-token.ts';
import type { SignedIn } from '../../sign-in/identify.ts';
import { mergeLeases } from './merge.ts';
import { type LeaseClient, type RackAnswer, RackLease } from './rack-leases.ts';

const states = ['Offered', 'Bound', 'Released', 'Declined', 'Expired'] as const;

const LeaseQuery = z.strictObject({
  subnet: ObjectName.optional().describe('Of this Subnet alone.'),
  mac: z
    .string()
    .regex(/^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){5}$/, 'a MAC address')
    .optional()
    .describe('Of this MAC address alone.'),
  state: z.enum(states).optional(),
  rack: Label.optional().describe('Ask this rack alone.'),
  limit: z
    .string()
    .regex(/^([1-9]|[1-9][0-9]|[1-4][0-9][0-9]|500)$/, 'a number from 1 to 500')
    .optional()
    .describe('How many leases a page has: 1 to 500. Default: 100.'),
  after: z.ipv4().optional().describe('Only addresses above this one: next of the page before.'),
});
type LeaseQuery = z.infer<typeof LeaseQuery>;

const Leases = z.object({
  items: z.array(RackLease.extend({ rack: z.string().describe('The rack that gave it.') })),
  next: z.string().optional().describe('The after of the next page. Missing: this is the last.'),
  complete: z.boolean().describe('Every rack has answered. False: see racks.'),
  racks: z.array(
    z.object({
      name: z.string(),
      state: z
        .enum(['Answered', 'Refused', 'Unreachable', 'NoEndpoint'])
        .describe(
          'NoEndpoint: the rack does not say where its admin endpoint is, or that is off. Leases of other racks are shown.',
        ),
      detail: z.string().optional(),
    }),
  ),
});

/** How racks are asked. */
export interface LeaseSources {
  client: LeaseClient;
  /** The server's own bearer token. Undefined: it has none, and the caller's token of Kubernetes is passed on. */
  token(): Promise<string | undefined>;
}

/** The leases of dynamic ranges, which only racks know. */
export function leaseRoutes(
  { access, caches }: Pick<ServerDeps, 'access' | 'caches'>,
  sources: LeaseSources,
): ApiRoute[] {
  async function ask(rack: Rack, token: string, query: URLSearchParams) {
    const url = rack.status?.adminUrl;
    const answer: RackAnswer | undefined =
      url === undefined ? undefined : await sources.client.ask(url, token, query);
    return { rack: rack.metadata.name, answer };
  }

  async function gather(query: LeaseQuery, signedIn: SignedIn, authorization: string | undefined) {
    const right = { verb: 'get', group, resource: 'racks', subresource: 'leases' };
    await access.require(signedIn.caller, right);
    const token = (await sources.token()) ?? callerToken(signedIn, authorization);
    if (token === undefined) {
      throw serverError(
        'Misconfigured',
        'neither the server nor you have a token with which racks know who asks: run the server with a service account, or sign in with a token',
      );
    }
    const racks = caches
      .of('racks')
      .list()
      .map((object) => rackKind.parse(object))
      .filter(({ metadata }) => query.rack === undefined || metadata.name === query.rack);
    const limit = Number(query.limit ?? 100);
    const asked = new URLSearchParams({ limit: String(limit) });
    for (const name of ['subnet', 'mac', 'state', 'after'] as const) {
      const value = query[name];
      if (value !== undefined) asked.set(name, value);
    }
    const answers = await Promise.all(racks.map((rack) => ask(rack, token, asked)));
    const told = answers.flatMap(({ rack, answer }) => (answer === undefined ? [] : [{ rack, answer }]));
    const { items, next } = mergeLeases(told, limit);
    return {
      items,
      ...(next === undefined ? {} : { next }),
      complete: told.length === racks.length && told.every(({ answer }) => answer.kind === 'Answered'),
      racks: answers.map(({ rack, answer }) => ({
        name: rack,
        state: answer?.kind ?? 'NoEndpoint',
        ...(answer === undefined || answer.kind === 'Answered' ? {} : { detail: answer.why }),
      })),
    };
  }

  const shared = {
    method: 'GET',
    bodySchema: noBody,
    answers: { 200: { description: 'Leases by address, and which racks have answered.', schema: Leases } },
  } as const;
  return [
    defineRoute({
      ...shared,
      path: '/api/v1/leases',
      id: 'listLeases',
      tag: 'leases',
      summary: 'Leases of dynamic ranges, from all racks',
      description:
        'Racks are asked at that moment. Needs the verb get on racks/leases. One that is away makes the answer incomplete, not wrong: complete and racks say so.',
      pathSchema: noParameters,
      querySchema: LeaseQuery,
      problems: ['Forbidden', 'Misconfigured'],
      handle: async ({ query, signedIn, header }) => ({
        status: 200,
        body: await gather(query, signedIn, header('authorization')),
      }),
    }),
    defineRoute({
      ...shared,
      path: '/api/v1/subnets/{name}/leases',
      id: 'listSubnetLeases',
      tag: 'subnets',
      summary: 'Leases of the dynamic ranges of a subnet',
      pathSchema: ObjectPath,
      querySchema: LeaseQuery.omit({ subnet: true }),
      problems: ['Forbidden', 'Misconfigured', 'NotFound'],
      async handle({ path: { name }, query, caller, signedIn, header }) {
        await access.require(caller, attributesOf(resourceOf('subnets'), 'get', { name }));
        if (caches.of('subnets').get(name) === undefined)
          throw serverError('NotFound', `there is no Subnet ${name}`);
        const body = await gather({ ...query, subnet: name }, signedIn, header('authorization'));
        return { status: 200, body };
      },
    }),
  ];
}
