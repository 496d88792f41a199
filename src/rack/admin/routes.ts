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
    {
      path: '/leases',
      async handle(query) {
        const wanted = parseLeaseQuery(query);
        if (typeof wanted === 'string') return textAnswer(wanted, 400);
        return jsonAnswer(await pageOfLeases(deps.leases(), wanted, clock.now()));
      },
    },
    {
      path: '/sensors',
      handle(query) {
        const wanted = parseSensorQuery(query);
        return typeof wanted === 'string'
          ? textAnswer(wanted, 400)
          : jsonAnswer(pageOfSensors(deps.sensors, wanted));
      },
    },
    {
      path: '/console-log',
      handle(query) {
        const wanted = parseLineQuery(query);
        return typeof wanted === 'string'
          ? textAnswer(wanted, 400)
          : jsonAnswer(pageOfLines(deps.lines, wanted));
      },
    },
  ];
}
