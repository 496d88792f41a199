import type { Clock } from '../../domain/clock.ts';
import { type EndpointRoute, jsonAnswer, textAnswer } from '../../kube/endpoint/endpoint.ts';
import type { MachineReadings } from '../../metrics/rack-meters.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import type { RecordedLines } from '../console/record/recorded-lines.ts';
import { pageOfLeases, parseLeaseQuery, type ShownLease } from './lease-pages.ts';
import { pageOfLines, parseLineQuery } from './line-pages.ts';
import { pageOfSensors, parseSensorQuery } from './sensor-pages.ts';

/** What the admin endpoint of a rack shows. */
export interface AdminRoutesDeps {
  metrics: Pick<MetricsRegistry, 'text' | 'contentType'>;
  /** All that are known, in any order. */
  leases(): Iterable<ShownLease>;
  /** What BMCs said last, by machine. */
  sensors: ReadonlyMap<string, MachineReadings>;
  /** What machines said on their consoles. */
  lines: Pick<RecordedLines, 'instance' | 'page'>;
  /** The rack as it is now, for people. */
  status(): unknown;
  /** Whether the world is known, so that the rack serves. */
  ready(): boolean;
  clock: Clock;
}

export function adminRoutes(deps: AdminRoutesDeps): EndpointRoute[] {
  const { metrics, clock } = deps;
  return [
    { path: '/healthz', open: true, handle: () => textAnswer('ok') },
    {
      path: '/readyz',
      open: true,
      handle: () => (deps.ready() ? textAnswer('ok') : textAnswer('the world is not known yet', 503)),
    },
    {
      path: '/metrics',
      handle: async () => ({
        status: 200,
        contentType: metrics.contentType,
        body: await metrics.text(),
      }),
    },
    { path: '/status', handle: () => jsonAnswer(deps.status()) },
    paged('/leases', parseLeaseQuery, (wanted) => pageOfLeases(deps.leases(), wanted, clock.now())),
    paged('/sensors', parseSensorQuery, (wanted) => pageOfSensors(deps.sensors, wanted)),
    paged('/console-log', parseLineQuery, (wanted) => pageOfLines(deps.lines, wanted)),
  ];
}

/** A route that answers with a page as JSON. @param parse a text is what is wrong with the query */
function paged<Q extends object>(
  path: string,
  parse: (query: URLSearchParams) => Q | string,
  page: (wanted: Q) => unknown,
): EndpointRoute {
  return {
    path,
    async handle(query) {
      const wanted = parse(query);
      return typeof wanted === 'string' ? textAnswer(wanted, 400) : jsonAnswer(await page(wanted));
    },
  };
}
