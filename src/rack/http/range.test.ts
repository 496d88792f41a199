import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRanges } from './range.ts';

describe('parseRanges of 1000 bytes', () => {
  it.each([
    ['bytes=0-9', [{ start: 0, end: 9 }]],
    ['bytes=900-', [{ start: 900, end: 999 }]],
    ['bytes=900-5000', [{ start: 900, end: 999 }]],
    ['bytes=-10', [{ start: 990, end: 999 }]],
    ['bytes=-5000', [{ start: 0, end: 999 }]],
    ['BYTES= 5-6', [{ start: 5, end: 6 }]],
    [
      'bytes=500-509, 0-9',
      [
        { start: 500, end: 509 },
        { start: 0, end: 9 },
      ],
    ],
    ['bytes=0-9,,5-20,', [{ start: 0, end: 20 }]],
    ['bytes=0-9,30-39', [{ start: 0, end: 39 }]],
    ['bytes=0-9,2000-', [{ start: 0, end: 9 }]],
    ['bytes=1000-', 'Unsatisfiable'],
    ['bytes=-0', 'Unsatisfiable'],
    ['bytes=1000-,2000-', 'Unsatisfiable'],
    [undefined, undefined],
    ['bytes=', undefined],
    ['bytes=-', undefined],
    ['bytes=9-5', undefined],
    ['bytes=0-1,9-5', undefined],
    ['items=0-1', undefined],
    ['bytes=0x1-5', undefined],
    ['bytes=99999999999999999999-', undefined],
    [`bytes=${Array.from({ length: 17 }, () => '0-1').join()}`, undefined],
  ])('%s', (header, ranges) => {
    expect(parseRanges(header, 1000)).toEqual(ranges);
  });

  it('nothing of an empty file', () => {
    expect([parseRanges('bytes=0-', 0), parseRanges('bytes=-1', 0)]).toEqual([
      'Unsatisfiable',
      'Unsatisfiable',
    ]);
  });

  it('never leaves the file, and never sends a byte twice', () => {
    const spec = fc.tuple(fc.nat(2000), fc.option(fc.nat(2000))).map(([a, b]) => `${a}-${b ?? ''}`);
    fc.assert(
      fc.property(fc.string(), fc.array(spec, { maxLength: 20 }), fc.nat(2000), (text, specs, size) => {
        for (const header of [text, `bytes=${text}`, `bytes=${specs.join()}`]) {
          const ranges = parseRanges(header, size);
          if (!Array.isArray(ranges)) continue;
          const sorted = [...ranges].sort((a, b) => a.start - b.start);
          let end = -1;
          for (const range of sorted) {
            expect(end < range.start && range.start <= range.end && range.end < size).toBe(true);
            end = range.end;
          }
        }
      }),
    );
  });
});
