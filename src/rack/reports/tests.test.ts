import { describe, expect, it } from 'vitest';
import type { TestRecord } from '../../api/machine-inventory/schema.ts';
import { mergeTests } from './tests.ts';

const record = (name: string, at: number, outcome: TestRecord['outcome'] = 'Passed'): TestRecord => ({
  ...{ name, outcome, seconds: 1, message: '' },
  finishedAt: new Date(at * 1000).toISOString(),
});

describe('the outcomes of tests', () => {
  it('are the last one of each test, by name', () => {
    const merged = mergeTests([record('cpu', 1), record('memory', 1)], [record('cpu', 2, 'Failed')]);
    expect(merged).toEqual([record('cpu', 2, 'Failed'), record('memory', 1)]);
  });

  it('are not overtaken by an older report that was delivered late', () => {
    expect(mergeTests([record('cpu', 2, 'Failed')], [record('cpu', 1)])).toEqual([
      record('cpu', 2, 'Failed'),
    ]);
  });

  it('are 64 at most: the oldest go', () => {
    const many = Array.from({ length: 70 }, (_, index) => record(`test-${index}`, index));
    const merged = mergeTests(many, []);
    expect(merged).toHaveLength(64);
    expect(merged.map(({ name }) => name)).not.toContain('test-5');
  });
});
