/** RFC 3339, UTC, to the second. @param ms since the epoch */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Milliseconds since the epoch; `fallback` for what is missing or is no time. */
export function millis(time: string | undefined, fallback: number): number {
  const ms = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(ms) ? fallback : ms;
}
