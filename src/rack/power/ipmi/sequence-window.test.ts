import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSequenceWindow } from './sequence-window.ts';

describe('the window of session sequence numbers', () => {
  it('takes no number twice, whatever comes in which order', () => {
    const sequences = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 300 });
    fc.assert(
      fc.property(sequences, (given) => {
        const window = createSequenceWindow();
        const taken = given.filter((sequence) => window.accept(sequence));
        expect(new Set(taken).size).toBe(taken.length);
      }),
    );
  });

  it('takes every number of a BMC that counts up, over the end of 32 bits too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (start) => {
        const window = createSequenceWindow();
        for (let step = 0; step < 100; step++) {
          const sequence = (start + step) >>> 0;
          expect(window.accept(sequence)).toBe(sequence !== 0);
        }
      }),
    );
  });

  it('takes numbers that come a little late, once, and none that are old', () => {
    const window = createSequenceWindow();
    expect([100, 98, 98, 99, 69, 68, 1, 101].map((sequence) => window.accept(sequence))).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});
