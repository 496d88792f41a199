const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** How long ago, in one unit: 3 min, 2 h, 5 d. @param now milliseconds since the epoch */
export function ageOf(at: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  if (Number.isNaN(seconds)) return '–';
  for (const [name, length] of units) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${name} ago`;
  }
  return seconds < 10 ? 'now' : `${seconds} s ago`;
}

/** A length of time in its two largest units: 1 min 20 s. */
export function durationOf(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
