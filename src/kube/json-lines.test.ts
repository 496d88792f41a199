import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter } from './json-lines.ts';

describe('line splitter', () => {
  it('gives the same lines however the bytes are cut into pieces', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', 'é'));
    fc.assert(
      fc.property(
        fc.array(line),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''), 'utf8');
          const splitter = createLineSplitter();
          const got: string[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1;
            got.push(...splitter.push(bytes.subarray(at, at + size)));
            at += size;
          }
          const whole = Buffer.from(lines.join('\n'), 'utf8').toString('utf8');
          expect(got).toEqual(whole.split('\n').filter((text) => text.trim() !== ''));
          expect(splitter.pending()).toBe(0);
        },
      ),
    );
  });

  it('counts the bytes that no line feed has followed', () => {
    const splitter = createLineSplitter();
    expect(splitter.push(Buffer.from('{"a":1}\n{"b'))).toEqual(['{"a":1}']);
    expect(splitter.pending()).toBe(3);
  });

  it('refuses a line without an end', () => {
    const splitter = createLineSplitter(10);
    splitter.push(Buffer.from('12345678'));
    expect(() => splitter.push(Buffer.from('901'))).toThrow(RangeError);
  });
});
