/** Stretches of time that reach up to now, by their word in the address. */
export const periods = {
  '1h': { title: 'Last hour', minutes: 60 },
  '24h': { title: 'Last day', minutes: 24 * 60 },
  '7d': { title: 'Last week', minutes: 7 * 24 * 60 },
  '30d': { title: 'Last 30 days', minutes: 30 * 24 * 60 },
} as const;

/** The time that a page of history shows, as its address has it. */
export interface PeriodSearch {
  /** One of `periods`, `between`, or anything else for all time. */
  period?: string;
  /** Local times without a zone, of `between`: 2026-11-20T10:00. */
  from?: string;
  to?: string;
}

/** Moments as the API takes them. */
export interface Stretch {
  since?: string;
  until?: string;
}

/** The moments of a period. A time that is none, or not there yet, is no limit. @param now epoch milliseconds */
export function stretchOf({ period, from, to }: PeriodSearch, now: number): Stretch {
  if (period === 'between') {
    const [since, until] = [momentOf(from), momentOf(to)];
    return { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
  }
  const known = Object.entries(periods).find(([word]) => word === period)?.[1];
  return known === undefined ? {} : { since: new Date(now - known.minutes * 60_000).toISOString() };
}

function momentOf(local: string | undefined): string | undefined {
  if (local === undefined || !/^[12]\d{3}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local)) return undefined;
  const ms = Date.parse(local);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
