import type { Clock } from '../../../domain/clock.ts';

/** What a machine said in one line. */
export interface RecordedLine {
  /** One more than that of the line before, whatever machine that was of. */
  sequence: number;
  machine: string;
  /** RFC 3339 with microseconds: no two lines have the same one, so that their order is that of their times. */
  at: string;
  text: string;
}

/** A page of lines, the oldest first. */
export interface LinePage {
  /** Of this run of the rack: another one counts from one again. */
  instance: string;
  items: RecordedLine[];
  /** The sequence of the last line of all. */
  last: number;
}

/** The last of what machines said, until the server has asked for it. */
export interface RecordedLines {
  instance: string;
  append(machine: string, text: string): void;
  /** @param after the sequence that the page begins after */
  page(after: number, limit: number): LinePage;
}

/** Beside its text, about: in bytes. */
const lineBytes = 150;
/** Of all texts of a page, in UTF-16 units: the server reads 4 MiB at most. */
const mostOfPage = 1_000_000;
/** Who sets a clock back further than this means it. */
const patienceMs = 1_000;

/** @param mostBytes of all lines, about */
export function createRecordedLines(options: {
  instance: string;
  clock: Clock;
  mostBytes: number;
}): RecordedLines {
  const { instance, clock, mostBytes } = options;
  let lines: RecordedLine[] = [];
  /** Lines at the begin of the array that are given up. */
  let gone = 0;
  let bytes = 0;
  let last = 0;
  /** Of the last line, in microseconds since the epoch. */
  let before = 0;

  function moment(): string {
    const now = clock.now() * 1_000;
    before = now > before || before - now > patienceMs * 1_000 ? now : before + 1;
    const milliseconds = Math.floor(before / 1_000);
    const rest = String(before - milliseconds * 1_000).padStart(3, '0');
    return new Date(milliseconds).toISOString().replace('Z', `${rest}Z`);
  }

  const sizeOf = ({ text }: RecordedLine): number => text.length * 2 + lineBytes;

  function forget(): void {
    for (let line = lines[gone]; bytes > mostBytes && line !== undefined; line = lines[gone]) {
      bytes -= sizeOf(line);
      gone += 1;
    }
    if (gone < 1_000 || gone < lines.length / 2) return;
    lines = lines.slice(gone);
    gone = 0;
  }

  return {
    instance,
    append(machine, text) {
      last += 1;
      const line = { sequence: last, machine, at: moment(), text };
      lines.push(line);
      bytes += sizeOf(line);
      forget();
    },
    page(after, limit) {
      const first = last - (lines.length - gone) + 1;
      const items: RecordedLine[] = [];
      let size = 0;
      for (let at = gone + Math.max(0, after + 1 - first); at < lines.length; at += 1) {
        const line = lines[at];
        if (line === undefined || items.length === limit || size > mostOfPage) break;
        items.push(line);
        size += line.text.length;
      }
      return { instance, items, last };
    },
  };
}
