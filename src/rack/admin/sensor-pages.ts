import type { MachineReadings } from '../../metrics/rack-meters.ts';

/** Which readings are asked for. */
export interface SensorQuery {
  machine: string | undefined;
  /** Only what was read at this moment or later, in milliseconds since the epoch. */
  since: number;
  /** Only machines after this name. */
  after: string;
  /** Machines in the page. */
  limit: number;
}

/** A page of readings, by the names of machines. */
export interface SensorPage {
  items: {
    machine: string;
    /** RFC 3339. */
    at: string;
    sensors: MachineReadings['sensors'];
  }[];
  /** The `after` of the next page; missing: this is the last. */
  next?: string;
}

const limits = { default: 100, most: 200 } as const;
/** Of one machine: a BMC that lists more is not worth more. */
const mostSensors = 128;
const mostOfName = 64;

/** Reads the query of `/sensors`; a text says what is wrong with it. */
export function parseSensorQuery(query: URLSearchParams): SensorQuery | string {
  const known = ['machine', 'since', 'after', 'limit'];
  const stranger = [...query.keys()].find((name) => !known.includes(name));
  if (stranger !== undefined) return `${stranger}: there is ${known.join(', ')}`;
  const since = query.get('since');
  const at = since === null ? 0 : Date.parse(since);
  if (!Number.isFinite(at)) return 'since: like 2026-01-01T00:00:00Z';
  const limit = query.get('limit') ?? String(limits.default);
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > limits.most) return `limit: 1 to ${limits.most}`;
  return {
    machine: query.get('machine') ?? undefined,
    ...{ since: at, after: query.get('after') ?? '', limit: Number(limit) },
  };
}

/** What BMCs said last. */
export function pageOfSensors(
  readings: ReadonlyMap<string, MachineReadings>,
  { machine, since, after, limit }: SensorQuery,
): SensorPage {
  const wanted = [...readings]
    .filter(([name, { at }]) => name > after && at >= since && (machine === undefined || name === machine))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const items = wanted.slice(0, limit).map(([name, { at, sensors }]) => ({
    machine: name,
    at: new Date(at).toISOString(),
    sensors: sensors
      .slice(0, mostSensors)
      .map(({ name: sensor, ...rest }) => ({ name: sensor.slice(0, mostOfName), ...rest })),
  }));
  const next = wanted.length > limit ? items.at(-1)?.machine : undefined;
  return { items, ...(next === undefined ? {} : { next }) };
}
