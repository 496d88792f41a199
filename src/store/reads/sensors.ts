import { z } from 'zod';
import type { Queries } from '../database.ts';

/** What a sensor read over time, in equal steps. */
export interface SensorSeries {
  name: string;
  kind: string;
  unit: string;
  /** The begin of a step in seconds since the epoch; mean, least and most of what was read in it. Steps without readings are missing. */
  points: [at: number, mean: number, least: number, most: number][];
}

/** Moments in milliseconds since the epoch. */
export interface SensorSpan {
  machine: string;
  since: number;
  until: number;
  /** Of a step. */
  stepSeconds: number;
}

/** Of all sensors together: a question for more is answered with the first, by the names of sensors. */
export const mostSensorPoints = 40_000;

const Row = z.object({
  name: z.string(),
  kind: z.string(),
  unit: z.string(),
  bucket: z.coerce.number(),
  mean: z.coerce.number(),
  least: z.coerce.number(),
  most: z.coerce.number(),
});

/** Sums readings up in the database: what is sent does not grow with the time that is asked for. */
export async function readSensors(
  queries: Queries,
  { machine, since, until, stepSeconds }: SensorSpan,
): Promise<SensorSeries[]> {
  const rows = await queries.query(
    `SELECT r->>0 AS name, r->>1 AS kind, r->>2 AS unit,
       (floor(extract(epoch FROM t.at)::float8 / $4::float8) * $4::float8) AS bucket,
       avg((r->>3)::float8) AS mean, min((r->>3)::float8) AS least, max((r->>3)::float8) AS most
     FROM metalwright.sensor_readings AS t CROSS JOIN LATERAL json_array_elements(t.readings) AS r
     WHERE t.machine = $1 AND t.at >= $2::timestamptz AND t.at < $3::timestamptz
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT ${mostSensorPoints}`,
    [machine, new Date(since).toISOString(), new Date(until).toISOString(), stepSeconds],
  );
  const series = new Map<string, SensorSeries>();
  for (const raw of rows) {
    const { name, kind, unit, bucket, mean, least, most } = Row.parse(raw);
    const key = JSON.stringify([name, kind, unit]);
    const one = series.get(key) ?? { name, kind, unit, points: [] };
    series.set(key, one);
    one.points.push([bucket, rounded(mean), least, most]);
  }
  return [...series.values()];
}

/** No sensor is as exact as a mean of its readings looks. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
