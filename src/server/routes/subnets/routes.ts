import { isIP } from 'node:net';
import { z } from 'zod';
import { type IpAddressObject, ipAddressKind } from '../../../api/ip-address/schema.ts';
import { rackKind } from '../../../api/rack/schema.ts';
import { subnetsOverlap } from '../../../api/subnet/ranges.ts';
import { type Subnet, subnetKind } from '../../../api/subnet/schema.ts';
import type { Caller } from '../../../kube/endpoint/caller-review.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { attributesOf, ObjectPath, resourceOf } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { mapOf, nextFreeOf, segmentKinds } from './map.ts';

const Segment = z.object({
  first: z.string().describe('The first address of the segment.'),
  last: z.string().describe('The last one.'),
  size: z.string().describe('How many addresses that are, in decimal.'),
  use: z.enum(segmentKinds),
  address: z
    .object({
      name: z.string(),
      purpose: z.string(),
      machine: z.string().optional(),
      mac: z.string().optional(),
      hostname: z.string().optional(),
    })
    .optional()
    .describe('Of a segment in use Assigned: the IPAddress.'),
});

/** What a Subnet alone does not say: its map, and the next address that is free. */
export function subnetRoutes(deps: ServerDeps): ApiRoute[] {
  const { access, caches } = deps;
  const subnets = resourceOf('subnets');
  const addresses = resourceOf('ip-addresses');

  /** Errors: Forbidden without a right to the subnet and to all addresses, NotFound. */
  async function subnetOf(name: string, caller: Caller): Promise<Subnet> {
    await access.require(caller, attributesOf(subnets, 'get', { name }));
    await access.require(caller, attributesOf(addresses, 'list'));
    const subnet = caches.of('subnets').get(name);
    if (subnet === undefined) throw serverError('NotFound', `there is no Subnet ${name}`);
    return subnetKind.parse(subnet);
  }

  function addressesIn(names: ReadonlySet<string>): IpAddressObject[] {
    return caches
      .of('ip-addresses')
      .list()
      .map((object) => ipAddressKind.parse(object))
      .filter(({ spec }) => names.has(spec.subnet));
  }

  /** As the operator sees it when it gives addresses to machines: also other subnets of the same addresses, and racks' own. */
  function takenIn(subnet: Subnet): string[] {
    const overlapping = caches
      .of('subnets')
      .list()
      .map((object) => subnetKind.parse(object))
      .filter((other) => subnetsOverlap(other, subnet))
      .map(({ metadata }) => metadata.name);
    const own = caches
      .of('racks')
      .list()
      .map((object) => rackKind.parse(object))
      .flatMap(({ status }) => status?.interfaces ?? [])
      .flatMap((nic) => nic.addresses.map((address) => address.split('/')[0] ?? ''));
    return [...addressesIn(new Set(overlapping)).map(({ spec }) => spec.address), ...own];
  }

  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/subnets/{name}/map',
      id: 'getSubnetMap',
      tag: 'subnets',
      summary: 'How the addresses of a subnet are used',
      pathSchema: ObjectPath,
      querySchema: z.strictObject({
        from: z
          .string()
          .max(45)
          .refine((text) => isIP(text) !== 0, 'an IP address')
          .optional()
          .describe('Begin at this address. Default: the first.'),
        limit: z
          .string()
          .regex(/^[1-9][0-9]{0,3}$/, 'a number from 1 to 9999')
          .optional()
          .describe('How many segments at most. Default: 1000.'),
      }),
      bodySchema: noBody,
      answers: {
        200: {
          description: 'Segments in order, without gaps.',
          schema: z.object({
            cidr: z.string(),
            segments: z.array(Segment),
            next: z.string().optional().describe('Where to go on. Missing: this is the end.'),
          }),
        },
      },
      problems: ['Forbidden', 'NotFound'],
      async handle({ path, query, caller }) {
        const subnet = await subnetOf(path.name, caller);
        const within = { from: query.from, limit: Number(query.limit ?? 1000) };
        const { segments, next } = mapOf(subnet, addressesIn(new Set([path.name])), within);
        return {
          status: 200,
          body: { cidr: subnet.spec.cidr, segments, ...(next === undefined ? {} : { next }) },
        };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/subnets/{name}/next-free-address',
      id: 'getNextFreeAddress',
      tag: 'subnets',
      summary: 'The lowest free address of a subnet',
      description:
        'It is nobody’s yet: create an IPAddress of this name to reserve it. Of two who do so, the API server refuses the second.',
      pathSchema: ObjectPath,
      querySchema: noParameters,
      bodySchema: noBody,
      answers: { 200: { description: 'The address.', schema: z.object({ address: z.string() }) } },
      problems: ['Forbidden', 'NoFreeAddress', 'NotFound'],
      async handle({ path, caller }) {
        const subnet = await subnetOf(path.name, caller);
        const address = nextFreeOf(subnet, takenIn(subnet));
        if (address === undefined) {
          throw serverError(
            'NoFreeAddress',
            `${subnet.spec.cidr}: shrink spec.ranges, or remove IPAddresses`,
          );
        }
        return { status: 200, body: { address } };
      },
    }),
  ];
}
