import { createSequenceParser } from './control-sequences.ts';

/** Makes lines of text of what a terminal would have shown. */
export interface PlainText {
  feed(data: Uint8Array): void;
  /** What stands on the line that is not ended yet: nobody knows whether more comes. */
  flush(): void;
}

/** In characters. A kernel prints its whole command line, of 2 KiB at most, in one line. */
export const longestLine = 2_400;

/**
 * Follows what ECMA-48 and xterm do with a line: carriage return, backspace and tabulator move the cursor, what comes then is
 * written over what was there, and erasing takes it away. A cursor that goes to another row ends the line. Colours and all other
 * control sequences are left out, blank lines too. What is no UTF-8 becomes U+FFFD.
 *
 * @param line takes each line, without spaces at its end
 */
export function createPlainText(line: (text: string) => void): PlainText {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let cells: string[] = [];
  let cursor = 0;
  let row: number | undefined;

  function end(): void {
    const text = cells.join('').trimEnd();
    cells = [];
    cursor = 0;
    if (text !== '') line(text);
  }

  /** A line that is too long goes on in the next one, between two words where there are some. */
  function cut(): void {
    const space = cells.lastIndexOf(' ');
    const rest = space > longestLine / 2 ? cells.splice(space + 1) : [];
    end();
    cells = rest;
    cursor = rest.length;
  }

  function put(character: string): void {
    if (cursor >= longestLine) cut();
    while (cells.length < cursor) cells.push(' ');
    cells[cursor] = character;
    cursor += 1;
  }

  /** @param column from 0 */
  function moveTo(column: number, nextRow = row): void {
    if (nextRow !== row) end();
    row = nextRow;
    cursor = Math.min(Math.max(column, 0), longestLine - 1);
  }

  function newLine(): void {
    end();
    row = undefined;
  }

  function erase(how: number): void {
    if (how === 0) cells.length = Math.min(cells.length, cursor);
    else cells = [];
  }

  const controls: Readonly<Record<string, (first: number, second: number) => void>> = {
    H: (first, second) => moveTo((second || 1) - 1, first || 1),
    f: (first, second) => moveTo((second || 1) - 1, first || 1),
    d: (first) => moveTo(cursor, first || 1),
    G: (first) => moveTo((first || 1) - 1),
    C: (first) => moveTo(cursor + (first || 1)),
    D: (first) => moveTo(cursor - (first || 1)),
    A: newLine,
    B: newLine,
    E: newLine,
    F: newLine,
    J: newLine,
    K: erase,
  };
  const characters: Readonly<Record<string, () => void>> = {
    '\n': newLine,
    '\v': newLine,
    '\f': newLine,
    '\r': () => moveTo(0),
    '\b': () => moveTo(cursor - 1),
    '\t': () => moveTo((Math.floor(cursor / 8) + 1) * 8),
  };
  const take = createSequenceParser({
    control: (final, first, second) => controls[final]?.(first, second),
    reset: newLine,
    character(character) {
      const move = characters[character];
      if (move !== undefined) move();
      else if (!isSilent(character.codePointAt(0) ?? 0)) put(character);
    },
  });

  return {
    feed(data) {
      for (const character of decoder.decode(data, { stream: true })) take(character);
    },
    flush() {
      // A word of Metalwright's is not cut in two: what is secret in it would not be known again.
      const last = cells.join('').split(' ').at(-1) ?? '';
      if (!last.includes('mw.')) end();
    },
  };
}

/** C0, DEL, C1, what turns the direction of writing or has no width, and surrogates alone. */
function isSilent(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff
  );
}

/** Without the token of a boot, which the kernel prints with its command line. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(/mw\.token=[^\s"']*/g, 'mw.token=[hidden]');
}
