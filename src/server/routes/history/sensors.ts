import { z } from 'zod';
import { readSensors } from '../../../store/reads/sensors.ts';
import type { HistoryStore } from '../../../store/store.ts';
import type { ServerDeps } from '../../deps.ts';
import { serverError } from '../../errors.ts';
import { ask, later, windowOf } from '../../history/reader.ts';
import { ObjectPath } from '../../resources.ts';
import { type ApiRoute, defineRoute, noBody } from '../../route.ts';
import { pageParameters } from './query.ts';

const dayMs = 86_400_000;
const longestDays = 366;

const SensorsQuery = z.strictObject({
  since: pageParameters.since.describe(
    'What was read from this moment on: RFC 3339. Default: a day before until.',
  ),
  until: pageParameters.until.describe('What was read before this moment. Default: now.'),
  points: z
    .string()
    .regex(/^([1-9][0-9]|[12][0-9][0-9]|300)$/, 'a number from 10 to 300')
    .optional()
    .describe('Into how many steps the time is cut: 10 to 300. Default: 120.'),
});

const Series = z.object({
  since: z.string(),
  until: z.string(),
  stepSeconds: z.number().describe('The length of a step.'),
  series: z.array(
    z.object({
      name: z.string(),
      kind: z.string().describe('Temperature, Fan, Voltage or Power.'),
      unit: z.string().describe('Celsius, RPM, Percent, Volts or Watts.'),
      points: z
        .array(z.array(z.number()).length(4))
        .describe(
          'Of each step with readings: its begin in seconds since 1970, and the mean, the least and the most of them.',
        ),
    }),
  ),
});

/** What sensors of a machine read over time. @param store undefined: no history is kept */
export function sensorHistoryRoutes(deps: ServerDeps, store: HistoryStore | undefined): ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/history/machines/{name}/sensors',
      id: 'getMachineSensorHistory',
      tag: 'history',
      summary: 'What the sensors of a machine read over time',
      description:
        'Summed up in equal steps, so that the answer does not grow with the time. A tenant sees what was read since their Allocation has the machine.',
      pathSchema: ObjectPath,
      querySchema: SensorsQuery,
      bodySchema: noBody,
      answers: { 200: { description: 'A series for each sensor.', schema: Series } },
      problems: ['Forbidden', 'HistoryUnavailable'],
      async handle({ path: { name }, query, caller }) {
        const window = await windowOf(deps, caller, name);
        const until = query.until === undefined ? Date.now() : Date.parse(query.until);
        const wanted = query.since ?? new Date(until - dayMs).toISOString();
        const since = Date.parse(later(wanted, window.since) ?? wanted);
        if (until - since > longestDays * dayMs)
          throw serverError('BadRequest', `query.since: at most ${longestDays} days before until`);
        const span = Math.max(0, until - since);
        const stepSeconds = Math.max(60, Math.ceil(span / 1000 / Number(query.points ?? '120')));
        const series =
          span === 0
            ? []
            : await ask(store, (database) =>
                readSensors(database, { machine: name, since, until, stepSeconds }),
              );
        const [from, to] = [new Date(since).toISOString(), new Date(until).toISOString()];
        return { status: 200, body: { since: from, until: to, stepSeconds, series } };
      },
    }),
  ];
}
