import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diskMatcher } from './match-disks.ts';
import type { DiskRequirement, PlacementDisk } from './types.ts';

const disk = (kind: PlacementDisk['kind'], sizeBytes: number): PlacementDisk => ({
  name: 'x',
  kind,
  sizeBytes,
});

describe('diskMatcher', () => {
  it.each<[string, DiskRequirement[], PlacementDisk[], boolean]>([
    ['takes any machine when nothing is asked', [], [], true],
    ['takes a disk of just the size', [{ count: 1, minSizeBytes: 100 }], [disk('HDD', 100)], true],
    ['refuses a disk one byte too small', [{ count: 1, minSizeBytes: 100 }], [disk('HDD', 99)], false],
    ['refuses another kind', [{ count: 1, kind: 'SSD' }], [disk('HDD', 100)], false],
    ['counts a disk once only', [{ count: 1, kind: 'SSD' }, { count: 1 }], [disk('SSD', 100)], false],
    ['wants as many as the count', [{ count: 3 }], [disk('HDD', 1), disk('HDD', 1)], false],
    [
      'leaves the large disk to the entry that needs it',
      [{ count: 1 }, { count: 1, minSizeBytes: 100 }],
      [disk('SSD', 200), disk('SSD', 10)],
      true,
    ],
    [
      'leaves the SSD to the entry that names it',
      [
        { count: 1, minSizeBytes: 100 },
        { count: 1, kind: 'SSD' },
      ],
      [disk('SSD', 100), disk('HDD', 200)],
      true,
    ],
  ])('%s', (_, requirements, disks, fits) => {
    expect(diskMatcher(requirements)(disks)).toBe(fits);
  });

  const kind = fc.constantFrom('HDD' as const, 'SSD' as const, 'NVMe' as const);
  const size = fc.integer({ min: 0, max: 4 });
  const requirements = fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 2 }),
      minSizeBytes: fc.option(size, { nil: undefined }),
      kind: fc.option(kind, { nil: undefined }),
    }),
    { maxLength: 3 },
  );
  const disks = fc.array(fc.record({ name: fc.constant('x'), kind, sizeBytes: size }), { maxLength: 6 });

  it('finds a matching exactly when trying every assignment does', () => {
    fc.assert(
      fc.property(requirements, disks, (wanted, present) => {
        expect(diskMatcher(wanted)(present)).toBe(someAssignmentFits(wanted, present));
      }),
      { numRuns: 2000 },
    );
  });
});

function someAssignmentFits(
  requirements: readonly DiskRequirement[],
  disks: readonly PlacementDisk[],
): boolean {
  const [first, ...rest] = requirements;
  if (first === undefined) return true;
  const { count, minSizeBytes = 0, kind } = first;
  const others = count === 1 ? rest : [{ ...first, count: count - 1 }, ...rest];
  return disks.some(
    (disk, index) =>
      disk.sizeBytes >= minSizeBytes &&
      (kind === undefined || kind === disk.kind) &&
      someAssignmentFits(others, disks.toSpliced(index, 1)),
  );
}
