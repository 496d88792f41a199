import { historyQuery } from '../../history/queries.ts';

/** A line of what a machine said. */
export interface RecordedLine {
  /** RFC 3339. */
  at: string;
  id: string;
  text: string;
}

/** How far one looks back, in hours. */
export const periods = { 'an hour': 1, 'a day': 24, 'a week': 168, 'two weeks': 336 } as const;
export type Period = keyof typeof periods;

export function periodOf(text: string): Period {
  return text === 'an hour' || text === 'a week' || text === 'two weeks' ? text : 'a day';
}

/** As many as are drawn at once. */
const pageSize = 500;

/** What a machine said, newest first. @param text only lines with it in them; empty: all */
export function recordedQuery(machine: string, text: string, since: string) {
  const q = text === '' ? undefined : text;
  return historyQuery<RecordedLine>(
    `/machines/${encodeURIComponent(machine)}/console-log`,
    { q, since },
    pageSize,
  );
}

/** The lines of one day, the oldest first. */
export interface Day {
  day: string;
  lines: { id: string; at: string; time: string; text: string }[];
}

/** Lines as they are read: the oldest first, by the days on the clock on the wall. @param newestFirst as the server has them */
export function daysOf(newestFirst: readonly RecordedLine[]): Day[] {
  const days: Day[] = [];
  for (const { id, at, text } of newestFirst.toReversed()) {
    const moment = new Date(at);
    const day = moment.toLocaleDateString();
    let last = days.at(-1);
    if (last?.day !== day) {
      last = { day, lines: [] };
      days.push(last);
    }
    last.lines.push({ id, at, time: moment.toLocaleTimeString(), text });
  }
  return days;
}
