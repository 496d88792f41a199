import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AllocationStatus, type Constraints } from '../../api/allocation/schema.ts';
import { place } from './place.ts';
import type { Candidate, Placement, PlacementConstraints, Wanted } from './types.ts';

const aCandidate = (name: string, but: Partial<Candidate> = {}): Candidate => ({
  name,
  architecture: 'amd64',
  zone: 'default',
  pool: 'default',
  tags: [],
  maintenance: false,
  locked: false,
  available: true,
  cores: 8,
  memoryMiB: 32_768,
  nics: 2,
  disks: [{ name: 'sda', sizeBytes: 500e9, kind: 'SSD' }],
  ...but,
});

const wanting = (constraints: PlacementConstraints, image: Partial<Wanted['image']> = {}): Wanted => ({
  constraints,
  image: { architecture: 'amd64', ...image },
});

const messages = (placement: Placement): string[] =>
  placement.kind === 'unmatched' ? placement.unmatched.map(({ message }) => message) : [];

describe('place', () => {
  describe('chooses the cheapest machine that fits', () => {
    it.each<[string, Candidate[], string]>([
      [
        'fewest cores first',
        [aCandidate('a', { cores: 16, memoryMiB: 1 }), aCandidate('b', { cores: 4, memoryMiB: 9_000 })],
        'b',
      ],
      ['then least memory', [aCandidate('a', { memoryMiB: 65_536 }), aCandidate('b')], 'b'],
      [
        'then least disk in total',
        [
          aCandidate('a', {
            disks: [
              { name: 'sda', sizeBytes: 300e9, kind: 'SSD' },
              { name: 'sdb', sizeBytes: 300e9, kind: 'HDD' },
            ],
          }),
          aCandidate('b'),
        ],
        'b',
      ],
      ['then the first by name', [aCandidate('m10'), aCandidate('m02')], 'm02'],
      ['that is free', [aCandidate('a', { available: false }), aCandidate('b', { cores: 64 })], 'b'],
    ])('%s', (_, candidates, machine) => {
      expect(place(wanting({}), candidates)).toEqual({ kind: 'placed', machine });
    });
  });

  describe('takes out what does not fit, and says so', () => {
    it.each<[string, Wanted, Partial<Candidate>, string]>([
      ['another machine', wanting({ machine: 'two' }), {}, 'machine = two: removed 1 of 1 machine'],
      ['another pool', wanting({ pool: 'gpu' }), {}, 'pool = gpu: removed 1 of 1 machine; theirs: default'],
      ['another zone', wanting({ zone: 'b' }), {}, 'zone = b: removed 1 of 1 machine; theirs: default'],
      [
        'an architecture that the image is not for',
        wanting({}, { architecture: 'arm64' }),
        {},
        "image's architecture = arm64: removed 1 of 1 machine",
      ],
      [
        'an architecture that was not asked for',
        wanting({ architecture: 'arm64' }),
        {},
        'architecture = arm64: removed 1 of 1 machine',
      ],
      ['too few cores', wanting({ cores: 9 }), {}, 'cores >= 9: removed 1 of 1 machine; it has 8'],
      [
        'too little memory',
        wanting({ memoryMiB: 32_769 }),
        {},
        'memoryMiB >= 32769: removed 1 of 1 machine; it has 32768',
      ],
      ['too few NICs', wanting({ nics: 3 }), {}, 'nics >= 3: removed 1 of 1 machine; it has 2'],
      [
        'other disks',
        wanting({ disks: [{ count: 2, kind: 'NVMe', minSizeBytes: 5 }, { count: 1 }] }),
        {},
        'disks: 2 x NVMe >= 5 bytes, 1 x any: removed 1 of 1 machine',
      ],
      [
        'disks that do not hold the image',
        wanting({}, { rawSizeBytes: 600e9 }),
        {},
        "image's size: a disk >= 600000000000: removed 1 of 1 machine; it has 500000000000",
      ],
      [
        'a machine without disks',
        wanting({}, { rawSizeBytes: 1 }),
        { disks: [] },
        "image's size: a disk >= 1: removed 1 of 1 machine; it has 0",
      ],
      [
        'a missing tag',
        wanting({ tags: ['ssd', 'gpu'] }),
        { tags: ['ssd'] },
        'tags: ssd, gpu: removed 1 of 1 machine; they lack gpu (1)',
      ],
      [
        'a tag that must not be',
        wanting({ notTags: ['old'] }),
        { tags: ['old'] },
        'notTags: old: removed 1 of 1 machine; they have old (1)',
      ],
      ['maintenance', wanting({}), { maintenance: true }, 'not in maintenance: removed 1 of 1 machine'],
      ['a lock', wanting({}), { locked: true }, 'not locked: removed 1 of 1 machine'],
      [
        'a machine that is not free',
        wanting({}),
        { available: false, unavailableReason: 'held by default/web' },
        'available: removed 1 of 1 machine; they are held by default/web (1)',
      ],
    ])('%s', (_, wanted, but, message) => {
      expect(messages(place(wanted, [aCandidate('one', but)]))).toEqual([message]);
      expect(place(wanting({}), [aCandidate('one')])).toEqual({ kind: 'placed', machine: 'one' });
    });
  });

  it('tells constraint by constraint how many machines were left and how many it took out', () => {
    const candidates = [
      aCandidate('a', { zone: 'b' }),
      aCandidate('b', { memoryMiB: 4_096 }),
      aCandidate('c', { memoryMiB: 16_384 }),
      aCandidate('d', { memoryMiB: 65_536, available: false, unavailableReason: 'Deployed' }),
    ];
    expect(place(wanting({ zone: 'default', memoryMiB: 65_536 }), candidates)).toEqual({
      kind: 'unmatched',
      unmatched: [
        {
          constraint: 'zone = default',
          removed: 1,
          message: 'zone = default: removed 1 of 4 machines; theirs: b',
        },
        {
          constraint: 'memoryMiB >= 65536',
          removed: 2,
          message: 'memoryMiB >= 65536: removed 2 of 3 machines; the largest of them has 16384',
        },
        {
          constraint: 'available',
          removed: 1,
          message: 'available: removed 1 of 1 machine; they are Deployed (1)',
        },
      ],
    });
  });

  it('groups the reasons of many machines, the most frequent first', () => {
    const reasons = ['Broken', 'Deployed', 'Deployed', 'Erasing', 'New', 'Releasing', 'Commissioning'];
    const candidates = reasons.map((unavailableReason, number) =>
      aCandidate(`m${number}`, { available: false, unavailableReason }),
    );
    expect(messages(place(wanting({}), candidates))).toEqual([
      'available: removed 7 of 7 machines; they are Deployed (2), Broken (1), Commissioning (1), Erasing (1) and 2 more',
    ]);
  });

  it('says that there are no machines', () => {
    expect(messages(place(wanting({ cores: 4 }), []))).toEqual(['there are no machines']);
  });

  const candidate = fc.record({
    architecture: fc.constantFrom('amd64' as const, 'arm64' as const),
    zone: fc.constantFrom('a', 'b'),
    pool: fc.constantFrom('a', 'b'),
    tags: fc.subarray(['x', 'y']),
    maintenance: fc.boolean(),
    locked: fc.boolean(),
    available: fc.boolean(),
    cores: fc.integer({ min: 1, max: 3 }),
    memoryMiB: fc.integer({ min: 1, max: 3 }),
    nics: fc.integer({ min: 0, max: 2 }),
  });
  const machines = fc
    .array(candidate, { minLength: 1, maxLength: 12 })
    .map((all) => all.map((but, number) => aCandidate(`m${number}`, but)));
  const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const constraints = fc.record({
    zone: some(fc.constantFrom('a', 'b')),
    cores: some(fc.integer({ min: 1, max: 4 })),
    memoryMiB: some(fc.integer({ min: 1, max: 4 })),
    nics: some(fc.integer({ min: 1, max: 3 })),
    tags: some(fc.subarray(['x', 'y'])),
    notTags: some(fc.subarray(['x', 'y'])),
  });

  it('gives the same answer whatever the order of the machines', () => {
    fc.assert(
      fc.property(constraints, machines, (wanted, all) => {
        expect(place(wanting(wanted), all.toReversed())).toEqual(place(wanting(wanted), all));
      }),
    );
  });

  it('places on a machine that fits, or accounts for every one of them', () => {
    fc.assert(
      fc.property(constraints, machines, (wanted, all) => {
        const placement = place(wanting(wanted), all);
        if (placement.kind === 'unmatched') {
          expect(placement.unmatched.reduce((sum, { removed }) => sum + removed, 0)).toBe(all.length);
          return;
        }
        const chosen = all.find(({ name }) => name === placement.machine);
        expect(chosen).toMatchObject({
          available: true,
          locked: false,
          maintenance: false,
          architecture: 'amd64',
        });
        expect(chosen!.cores).toBeGreaterThanOrEqual(wanted.cores ?? 0);
        expect(chosen!.memoryMiB).toBeGreaterThanOrEqual(wanted.memoryMiB ?? 0);
        expect(chosen!.nics).toBeGreaterThanOrEqual(wanted.nics ?? 0);
        expect(chosen!.tags).toEqual(expect.arrayContaining(wanted.tags ?? []));
        expect(chosen!.tags.filter((tag) => wanted.notTags?.includes(tag))).toEqual([]);
      }),
    );
  });

  it('keeps every explanation within what the status of an Allocation takes', () => {
    const long = Array.from({ length: 32 }, (_, number) => `${'t'.repeat(60)}${number}`);
    const wanted: Constraints = {
      tags: long,
      disks: long.slice(0, 16).map(() => ({ count: 128 })),
      machine: 'm'.repeat(253),
    };
    const placement = place(wanting(wanted), [aCandidate('m'.repeat(253)), aCandidate('other')]);
    expect(
      AllocationStatus.shape.unmatched.parse(placement.kind === 'unmatched' && placement.unmatched),
    ).toHaveLength(2);
  });

  it('looks at each of 10,000 machines a fixed number of times', () => {
    let looks = 0;
    const many = Array.from({ length: 10_000 }, (_, number) => {
      const machine = aCandidate(`m${number}`, { cores: 1 + (number % 64) });
      return {
        ...machine,
        get cores() {
          looks += 1;
          return machine.cores;
        },
      };
    });
    expect(place(wanting({ cores: 64, tags: ['none'] }), many).kind).toBe('unmatched');
    expect(looks).toBeLessThan(4 * many.length);
  });
});
