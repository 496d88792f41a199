import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOlder, oldest } from './seniority.ts';

const aged = fc.record({
  name: fc.string({ minLength: 1, maxLength: 3 }),
  creationTimestamp: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', undefined),
});

describe('seniority', () => {
  it.each([
    ['the earlier one is older', 'b', '2026-01-01T00:00:00Z', 'a', '2026-01-01T00:00:01Z', true],
    ['the later one is not', 'a', '2026-01-01T00:00:01Z', 'b', '2026-01-01T00:00:00Z', false],
    ['within a second the name decides', 'a', '2026-01-01T00:00:00Z', 'b', '2026-01-01T00:00:00Z', true],
    ['nobody is older than itself', 'a', '2026-01-01T00:00:00Z', 'a', '2026-01-01T00:00:00Z', false],
  ])('%s', (_sentence, name, creationTimestamp, otherName, other, expected) => {
    expect(isOlder({ name, creationTimestamp }, { name: otherName, creationTimestamp: other })).toBe(
      expected,
    );
  });

  it('finds the same one in whatever order they come', () => {
    fc.assert(
      fc.property(fc.uniqueArray(aged, { selector: ({ name }) => name, minLength: 1 }), (list) => {
        const objects = list.map((metadata) => ({ metadata }));
        const found = oldest(objects);
        expect(oldest(objects.toReversed())).toBe(found);
        expect(objects.every((object) => object === found || isOlder(found!.metadata, object.metadata))).toBe(
          true,
        );
      }),
    );
  });

  it('finds none among none', () => {
    expect(oldest([])).toBeUndefined();
  });
});
