import { paint, printable, toneOf } from './style.ts';

/** What a table is laid out for. */
export interface TableStyle {
  /** Lines are cut to so many characters, with `…` at the end; undefined: never. */
  columns: number | undefined;
  colour: boolean;
  /** Default true. */
  headings?: boolean;
}

/** Columns whose words have a tone. */
const toned: ReadonlySet<string> = new Set(['PHASE', 'READY', 'STATUS', 'OUTCOME', 'STATE']);

/** Lays rows out in columns, three spaces between, as kubectl does. @param widths from an earlier call, so that later rows fit under it */
export function layOut(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  style: TableStyle,
  widths: readonly number[] = widthsOf(headings, rows),
): string {
  const titles = headings.map((heading) => heading.toUpperCase());
  const line = (cells: readonly string[], colour: boolean): string => {
    let used = 0;
    let text = '';
    for (const [index, cell] of cells.entries()) {
      const last = index === cells.length - 1;
      const padded = last ? cell : cell.padEnd((widths[index] ?? 0) + 3);
      const room = style.columns === undefined ? padded.length : style.columns - used;
      if (room <= 0) break;
      const cut = padded.trimEnd().length > room ? `${padded.slice(0, room - 1)}…` : padded.slice(0, room);
      used += cut.length;
      const tone = toned.has(titles[index] ?? '') ? toneOf(cell) : 'plain';
      text += paint(cut, tone, colour);
      if (cut !== padded) break;
    }
    return `${text.trimEnd()}\n`;
  };
  const body = rows.map((row) => line(row.map(printable), style.colour)).join('');
  return style.headings === false ? body : line(titles, false) + body;
}

/** How wide each column has to be. */
export function widthsOf(headings: readonly string[], rows: readonly (readonly string[])[]): number[] {
  const widths = headings.map(({ length }) => length);
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      if (cell.length > (widths[index] ?? 0)) widths[index] = cell.length;
    }
  }
  return widths;
}
