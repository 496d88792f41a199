import { describe, expect, it } from 'vitest';
import { countTests } from './count-tests.ts';

describe('countTests', () => {
  it('adds up the tests of all files', () => {
    const files = [
      { failed: false, tests: ['passed', 'passed', 'skipped'] },
      { failed: true, tests: ['failed', 'passed'] },
    ] as const;
    expect(countTests(files, 0)).toEqual({ passed: 3, failed: 1, skipped: 1 });
  });

  it.each([
    ['a file that could not be loaded', [{ failed: true, tests: [] }], 0],
    ['a hook that failed after its tests', [{ failed: true, tests: ['passed'] as const }], 0],
    ['an error that nobody caught', [], 1],
    ['a test that never ended', [{ failed: false, tests: ['pending'] as const }], 0],
  ])('counts %s as a failure', (_, files, errors) => {
    expect(countTests(files, errors).failed).toBe(1);
  });
});
