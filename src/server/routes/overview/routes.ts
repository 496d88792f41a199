import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Clock, systemClock } from '../../../domain/clock.ts';
import type { ServerDeps } from '../../deps.ts';
import { createParts, MissingPart } from '../../parts.ts';
import { isNoneMatch } from '../../preconditions.ts';
import { attributesOf, resourceOf } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../../route.ts';
import { createSections } from './sections.ts';
import { troubleKinds } from './troubles.ts';

const Count = z.int().min(0);
const Counts = z.record(z.string(), Count);
const Capacities = z.array(
  z.object({
    name: z.string(),
    machines: Count,
    free: Count.describe('Ready, approved, neither locked nor in maintenance, and held by nobody.'),
    used: Count.describe('Held by an Allocation.'),
    cores: Count,
    freeCores: Count,
    memoryMiB: Count,
    freeMemoryMiB: Count,
  }),
);
const Said = {
  reason: z.string(),
  message: z.string(),
  advice: z.string().optional().describe('What to do about it.'),
  href: z.string().describe('Where the object is in this API.'),
};

const Overview = z.object({
  machines: z
    .object({
      total: Count,
      byPhase: Counts,
      byPower: Counts,
      maintenance: Count,
      locked: Count,
      capacity: z.object({ pools: Capacities, zones: Capacities, architectures: Capacities }),
    })
    .optional(),
  troubles: z
    .object({
      total: Count.describe('How many there are; items are the first hundred.'),
      items: z.array(
        z.object({
          kind: z
            .enum(troubleKinds)
            .describe(
              'Failed: in a failed phase. Waits: goes on when somebody does something. Late: a step of its boot takes too long.',
            ),
          resource: z.string(),
          name: z.string(),
          phase: z.string().optional(),
          since: z.string().optional(),
          ...Said,
        }),
      ),
    })
    .optional()
    .describe('Machines that a person has to look at, the gravest and latest first.'),
  changes: z
    .array(z.object({ machine: z.string(), phase: z.string(), since: z.string(), href: z.string() }))
    .optional()
    .describe('The machines that came into their phases last.'),
  allocations: z.object({ total: Count, byPhase: Counts }).optional(),
  actions: z.object({ byPhase: Counts }).optional(),
  images: z
    .object({
      total: Count,
      ready: Count,
      others: z
        .array(
          z.object({
            name: z.string(),
            progress: z
              .object({ bytes: Count, totalBytes: Count.optional(), percent: Count.optional() })
              .optional(),
            ...Said,
          }),
        )
        .describe('Images that are being imported, or cannot be.'),
    })
    .optional(),
  racks: z
    .array(
      z.object({
        name: z.string(),
        healthy: z
          .boolean()
          .describe('Ready, heard of in the last three minutes, and no service has failed.'),
        silent: z.boolean(),
        lastSeen: z.string().optional(),
        leases: Count,
        failedServices: z.array(z.object({ name: z.string(), message: z.string() })),
        foreignDhcpServers: Count,
        ...Said,
      }),
    )
    .optional(),
  missing: z.array(MissingPart),
});

/** What somebody wants to see first, in one answer. */
export function overviewRoutes({ access, caches }: ServerDeps, clock: Clock = systemClock): ApiRoute[] {
  const sections = createSections(caches);
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/overview',
      id: 'getOverview',
      tag: 'overview',
      summary: 'Counts, capacity, what is wrong and what to do, racks, images and the last changes',
      description:
        'Each part needs the right to list its resource in the whole cluster. What you may not see is left out, and named in missing.',
      pathSchema: noParameters,
      querySchema: noParameters,
      headers: { 'If-None-Match': 'An ETag: 304 without a body, when nothing has changed.' },
      bodySchema: noBody,
      answers: {
        200: { description: 'The overview.', schema: Overview, headers: { ETag: 'For If-None-Match.' } },
        304: { description: 'Nothing has changed.' },
      },
      problems: [],
      async handle({ caller, header }) {
        const parts = createParts();
        const section = <T>(part: string, noun: string, read: () => T) =>
          parts.of(part, async () => {
            await access.require(caller, attributesOf(resourceOf(noun), 'list'));
            return read();
          });
        const body = {
          ...(await section('machines', 'machines', sections.machines)),
          allocations: await section('allocations', 'allocations', sections.allocations),
          actions: await section('actions', 'machine-actions', sections.actions),
          images: await section('images', 'images', sections.images),
          racks: await section('racks', 'racks', () => sections.racks(clock.now())),
          missing: parts.missing,
        };
        const text = JSON.stringify(body);
        const etag = `W/"${createHash('sha1').update(text).digest('base64url')}"`;
        if (isNoneMatch(header('if-none-match'), etag)) return { status: 304, headers: { etag } };
        return { status: 200, headers: { etag }, body };
      },
    }),
  ];
}
