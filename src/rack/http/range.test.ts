import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesEtag, parseRange } from './range.ts';

describe('parseRange of 100 bytes', () => {
  it.each([
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=90-500', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-500', { start: 0, end: 99 }],
    ['BYTES= 5-6', { start: 5, end: 6 }],
    ['bytes=100-', 'Unsatisfiable'],
    ['bytes=-0', 'Unsatisfiable'],
    [undefined, undefined],
    ['bytes=-', undefined],
    ['bytes=9-5', undefined],
    ['bytes=0-1,5-6', undefined],
    ['items=0-1', undefined],
    ['bytes=0x1-5', undefined],
    ['bytes=99999999999999999999-', undefined],
  ])('%s', (header, range) => {
    expect(parseRange(header, 100)).toEqual(range);
  });

  it('never leaves the file', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.option(fc.nat()), fc.nat(), (text, first, last, size) => {
        for (const header of [text, `bytes=${first}-${last ?? ''}`, `bytes=-${first}`]) {
          const range = parseRange(header, size);
          if (typeof range !== 'object') continue;
          expect(0 <= range.start && range.start <= range.end && range.end < size).toBe(true);
        }
      }),
    );
  });
});

describe('matchesEtag', () => {
  it.each([
    ['"a"', true],
    ['"b", "a"', true],
    ['W/"a"', true],
    ['*', true],
    ['"b"', false],
    [undefined, false],
  ])('%s', (header, matches) => {
    expect(matchesEtag(header, '"a"')).toBe(matches);
  });
});
