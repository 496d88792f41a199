/** A row of a CSV. */
export interface CsvRow {
  /** Of its begin in the file, from 1. */
  line: number;
  cells: string[];
}

/**
 * The rows of a CSV (RFC 4180): commas, fields in double quotes where they hold one, doubled quotes inside. Empty lines and lines that
 * begin with `#` are passed over.
 *
 * @returns `unclosed`: the line of a quote that has no end
 */
export function parseCsv(text: string): { rows: CsvRow[]; unclosed: number | undefined } {
  const rows: CsvRow[] = [];
  let line = 1;
  let begin = 1;
  let cells: string[] = [];
  let cell = '';
  let quotedSince: number | undefined;
  const endRow = (): void => {
    cells.push(cell.trim());
    cell = '';
    if (cells.some((each) => each !== '') && !cells[0]?.startsWith('#')) rows.push({ line: begin, cells });
    cells = [];
    begin = line + 1;
  };
  const source = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at] ?? '';
    if (quotedSince !== undefined) {
      if (char === '"' && source[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (char === '"') quotedSince = undefined;
      else cell += char;
    } else if (char === '"' && cell.trim() === '') {
      quotedSince = line;
      cell = '';
    } else if (char === ',') {
      cells.push(cell.trim());
      cell = '';
    } else if (char === '\n') endRow();
    else cell += char;
    if (char === '\n') line += 1;
  }
  if (cell !== '' || cells.length > 0) endRow();
  return { rows, unclosed: quotedSince };
}
