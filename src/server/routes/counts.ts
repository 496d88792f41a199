import { z } from 'zod';
import type { ServerDeps } from '../deps.ts';
import { scalarsAt } from '../list/paths.ts';
import { resourceOf } from '../resources.ts';
import { type ApiRoute, defineRoute, noBody, noParameters } from '../route.ts';
import { readableObjects } from './resources/read.ts';

const Counts = z.record(z.string(), z.int().min(0));

const groups = {
  byPhase: ['status', 'phase'],
  byPool: ['spec', 'pool'],
  byZone: ['spec', 'zone'],
} as const;

/** How many machines there are, of each phase, pool and zone. */
export function countRoutes(deps: ServerDeps): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/counts',
      id: 'getCounts',
      tag: 'counts',
      summary: 'How many machines there are, by phase, pool and zone',
      pathSchema: noParameters,
      querySchema: noParameters,
      bodySchema: noBody,
      answers: {
        200: {
          description: 'The figures. A machine without a phase yet counts as Unknown.',
          schema: z.object({
            machines: z.object({ total: z.int().min(0), byPhase: Counts, byPool: Counts, byZone: Counts }),
          }),
        },
      },
      problems: ['Forbidden'],
      async handle({ caller }) {
        const machines = await readableObjects(deps, resourceOf('machines'), caller);
        const counted = Object.entries(groups).map(([name, path]) => {
          const counts = new Map<string, number>();
          for (const machine of machines) {
            const key = String(scalarsAt(machine, path)[0] ?? 'Unknown');
            counts.set(key, (counts.get(key) ?? 0) + 1);
          }
          return [name, Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))];
        });
        return {
          status: 200,
          body: { machines: { total: machines.length, ...Object.fromEntries(counted) } },
        };
      },
    }),
  ];
}
