import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTranscript } from './transcript.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

describe('what a machine has said', () => {
  it('is kept to the last bytes, however it came', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 40 }), (all, limit) => {
        const transcript = createTranscript(limit);
        for (const piece of all) transcript.append(piece);
        const said = Buffer.concat(all);
        const read = Buffer.from(transcript.read());
        expect(said.subarray(said.length - read.length).equals(read)).toBe(true);
        if (said.length <= limit) expect(read.length).toBe(said.length);
        else expect(read.length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('begins with a whole line when something before it is gone', () => {
    const transcript = createTranscript(10);
    transcript.append(text('first\nsecond\n'));
    expect(Buffer.from(transcript.read()).toString()).toBe('second\n');
    transcript.clear();
    expect(transcript.read()).toHaveLength(0);
  });
});
