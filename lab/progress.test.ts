import { describe, expect, it } from 'vitest';
import { createProgress, formatElapsed } from './progress.ts';

describe('formatElapsed', () => {
  it.each([
    [0, ' 0:00.0'],
    [9.96, ' 0:10.0'],
    [59.96, ' 1:00.0'],
    [754.32, '12:34.3'],
  ])('writes %d seconds as "%s"', (seconds, text) => {
    expect(formatElapsed(seconds)).toBe(text);
  });
});

describe('createProgress', () => {
  it('puts the time since the start before each message', () => {
    let now = 1000;
    const lines: string[] = [];
    const progress = createProgress(
      (line) => lines.push(line),
      () => now,
    );
    progress.log('first');
    now = 3500;
    progress.log('second');
    expect(lines).toEqual([' 0:00.0  first', ' 0:02.5  second']);
    expect(progress.elapsed()).toBe(2.5);
  });
});
