import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, foldSame } from './diff.ts';

const show = (before: string, after: string): string[] =>
  diffLines(before, after).map(({ kind, text }) => `${{ same: ' ', gone: '-', new: '+' }[kind]}${text}`);

describe('a diff', () => {
  it.each([
    ['of equal texts has nothing new', 'a\nb\n', 'a\nb\n', [' a', ' b']],
    ['shows a line that was replaced', 'a\nb\nc', 'a\nx\nc', [' a', '-b', '+x', ' c']],
    ['shows a line that was put in', 'a\nc', 'a\nb\nc', [' a', '+b', ' c']],
    ['shows a line that went', 'a\nb\nc', 'a\nc', [' a', '-b', ' c']],
  ])('%s', (_, before, after, lines) => expect(show(before, after)).toEqual(lines));

  it('says both texts', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ' x'), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before.join('\n'), after.join('\n'));
        const side = (left: 'gone' | 'new') =>
          lines.filter(({ kind }) => kind === 'same' || kind === left).map((line) => line.text);
        expect(side('gone')).toEqual(before);
        expect(side('new')).toEqual(after);
      }),
    );
  });

  it('folds what stays the same far from a change', () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${at}`).join('\n');
    const folded = foldSame(diffLines(before, before.replace('line 10', 'other')), 2);
    expect(folded.map((line) => line?.text ?? '…')).toEqual([
      '…',
      'line 8',
      'line 9',
      'line 10',
      'other',
      'line 11',
      'line 12',
      '…',
    ]);
  });
});
