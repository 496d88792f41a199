import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseEvictions } from './eviction.ts';

const file = (digest: string, sizeBytes: number, usedAt: number, pinned = false, named = false) => ({
  ...{ digest, sizeBytes, usedAt, pinned, named },
});

describe('chooseEvictions', () => {
  it.each([
    ['nothing while there is room', [file('a', 50, 1)], 50, []],
    ['the longest unused first', [file('a', 40, 2), file('b', 40, 1)], 50, ['b']],
    ['as many as it takes', [file('a', 40, 2), file('b', 40, 1), file('c', 10, 3)], 90, ['b', 'a']],
    ['what no BootImage names first', [file('a', 40, 1, false, true), file('b', 40, 2)], 50, ['b']],
    ['never a pinned one', [file('a', 60, 1, true), file('b', 40, 2)], 40, ['b']],
    ['none when all would not do', [file('a', 60, 1, true), file('b', 40, 2)], 50, undefined],
    ['none for what never fits', [], 101, undefined],
  ])('%s', (_, files, coming, gone) => {
    expect(chooseEvictions(files, coming, 100)).toEqual(gone);
  });

  it('always makes room, and takes none that it could have left', () => {
    const files = fc.uniqueArray(
      fc.record({
        ...{ digest: fc.string(), sizeBytes: fc.nat(100), usedAt: fc.nat(9) },
        ...{ pinned: fc.boolean(), named: fc.boolean() },
      }),
      { selector: ({ digest }) => digest, maxLength: 12 },
    );
    fc.assert(
      fc.property(files, fc.nat(300), fc.nat(600), (held, coming, most) => {
        const gone = chooseEvictions(held, coming, most);
        const sizeOf = (without: readonly string[]) =>
          held
            .filter(({ digest }) => !without.includes(digest))
            .reduce((sum, f) => sum + f.sizeBytes, coming);
        const evictable = held.filter(({ pinned }) => !pinned).map(({ digest }) => digest);
        if (gone === undefined) return sizeOf(evictable) > most;
        return sizeOf(gone) <= most && (gone.length === 0 || sizeOf(gone.slice(0, -1)) > most);
      }),
    );
  });
});
