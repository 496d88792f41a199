/** A length of time for people: `0.4 s`, `34 s`, `3 min 12 s`, `2 h 5 min`. @param ms negative ones are 0 */
export function span(ms: number): string {
  const all = Math.max(0, ms);
  if (all < 9_950) return `${Math.round(all / 100) / 10} s`;
  const seconds = Math.round(all / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
