import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPlainText, longestLine, withoutSecrets } from './plain-text.ts';

function linesOf(...pieces: readonly (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const text = createPlainText((line) => lines.push(line));
  for (const piece of pieces) text.feed(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
  text.flush();
  return lines;
}

describe('what a machine says, as lines of text', () => {
  it.each<[sentence: string, said: string, lines: string[]]>([
    ['ends at either end of line', 'one\r\ntwo\nthree', ['one', 'two', 'three']],
    ['has no blank lines and no spaces at an end', '\r\n  \r\n  a  \r\n', ['  a']],
    ['has no colours', '\u001b[1;31mfailed\u001b[0m to start\n', ['failed to start']],
    ['has no title of a window', '\u001b]0;root@m1\u0007# ls\n\u001b]2;x\u001b\\b\n', ['# ls', 'b']],
    ['has no device strings and no character sets', '\u001bP1$r0m\u001b\\a\u001b(Bb\n', ['ab']],
    ['has no C1 sequences', 'a\u009b2Kb\n\u009d0;t\u009cc\n', [' b', 'c']],
    ['keeps the last of what is printed over', ' 10%\r 20%\r100%\n', ['100%']],
    ['shows what a shorter text left', 'abcdef\rxy\n', ['xycdef']],
    ['takes back what backspace took back', 'lx\b \bs\n', ['ls']],
    ['sets tabulators to columns of eight', 'a\tb\n', ['a       b']],
    ['erases to the end of the line', 'loading…\r\u001b[Kdone\n', ['done']],
    [
      'begins a line where the cursor goes to another row',
      '\u001b[2;1HBIOS\u001b[3;5HSetup',
      ['BIOS', '    Setup'],
    ],
    ['draws in one row what is drawn there piece by piece', '\u001b[4;1HB\u001b[4;2Hoot', ['Boot']],
    ['begins anew when the screen is cleared', 'a\u001b[2Jb', ['a', 'b']],
    ['has no marks that turn the writing', 'a\u202eb\u200bc\n', ['abc']],
    ['goes on after a sequence that was cut off', '\u001b]0;never ended\nnext\n', ['next']],
  ])('%s', (_sentence, said, lines) => {
    expect(linesOf(said)).toEqual(lines);
    // However it is cut into packets.
    const bytes = new TextEncoder().encode(said);
    expect(linesOf(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)))).toEqual(lines);
  });

  it('replaces what is no UTF-8', () => {
    expect(linesOf(Uint8Array.of(0x61, 0xff, 0x62, 0x0a))).toEqual(['a\ufffdb']);
  });

  it('goes on in another line when one is too long, between two words', () => {
    const words = 'word '.repeat(longestLine / 5 + 10).trim();
    const lines = linesOf(`${words}\n`);
    expect(lines).toHaveLength(2);
    expect(lines.join(' ')).toBe(words);
    expect(linesOf('x'.repeat(longestLine + 5)).map(({ length }) => length)).toEqual([longestLine, 5]);
  });

  it('is never a control character, and never too long, whatever is said', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({
        unit: fc.constantFrom('\u001b', '[', ']', '9', ';', 'H', 'C', 'K', 'a', '\r', '\n', '\t', '\b'),
      }),
    );
    fc.assert(
      fc.property(fc.array(bytes), (pieces) => {
        for (const line of linesOf(...pieces)) {
          expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
          expect([...line].length).toBeLessThanOrEqual(longestLine);
          expect(line.isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it('is not flushed within a word that may hold a token', () => {
    const lines: string[] = [];
    const text = createPlainText((line) => lines.push(line));
    const feed = (said: string) => text.feed(new TextEncoder().encode(said));
    feed('login: ');
    text.flush();
    feed('Command line: quiet mw.to');
    text.flush();
    feed('ken=abc\n');
    expect(lines.map(withoutSecrets)).toEqual(['login:', 'Command line: quiet mw.token=[hidden]']);
  });

  it('has the token of a boot hidden, wherever it stands', () => {
    expect(withoutSecrets('a mw.token=Ab-_9 mw.mac=x "mw.token=zz"')).toBe(
      'a mw.token=[hidden] mw.mac=x "mw.token=[hidden]"',
    );
  });
});
