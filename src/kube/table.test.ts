import { describe, expect, it } from 'vitest';
import { isKubeError } from './errors.ts';
import { decodeTable } from './table.ts';

describe('a table of the API server', () => {
  it('has its columns, and cells as texts', () => {
    const raw = {
      metadata: { continue: 'x' },
      columnDefinitions: [{ name: 'Name', priority: 0 }, { name: 'Cores', priority: 1 }, { name: 'Seen' }],
      rows: [
        { cells: ['a', 8, null], object: { metadata: { namespace: 'ns' } } },
        { cells: ['b', 0, 'x'], object: null },
      ],
    };
    expect(decodeTable('listing', raw)).toEqual({
      isPart: true,
      columns: [
        { name: 'Name', priority: 0 },
        { name: 'Cores', priority: 1 },
        { name: 'Seen', priority: 0 },
      ],
      rows: [
        { namespace: 'ns', cells: ['a', '8', ''] },
        { namespace: undefined, cells: ['b', '0', 'x'] },
      ],
    });
  });

  it.each([undefined, [], { kind: 'MachineList', items: [] }])('is not %j', (raw) => {
    const refused = (): unknown => decodeTable('listing', raw);
    expect(refused).toThrow(expect.toSatisfy((error: unknown) => isKubeError(error, 'InvalidResponse')));
  });
});
