import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { createCursors } from './cursor.ts';
import { matches, mentions, parseFieldSelector, parseLabelSelector } from './filter.ts';
import { createOrdering, createOrderings } from './ordering.ts';
import { comparePositions, type Position, pageOf, type SortKey } from './page.ts';
import { parseFieldPath, scalarsAt } from './paths.ts';
import { createSelection } from './select.ts';

const machine = aMachine({
  name: 'm-1',
  metadata: { labels: { rack: 'a', 'example.com/tier': 'test' } },
  spec: { tags: ['gpu', 'fast'], pool: 'blue' },
  status: {
    phase: 'Ready',
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Idle',
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  },
});

describe('a selector', () => {
  it.each([
    ['rack=a', true],
    ['rack==a, example.com/tier=test', true],
    ['rack!=a', false],
    ['rack!=b', true],
    ['missing!=b', true],
    ['rack', true],
    ['!rack', false],
    ['!missing', true],
    ['', true],
  ])('of labels, %s: %s', (text, verdict) => {
    expect(matches(machine, parseLabelSelector(text) ?? [])).toBe(verdict);
  });

  it.each([
    ['spec.pool=blue', true],
    ['spec.pool=red', false],
    ['spec.tags=gpu', true],
    ['spec.tags!=gpu', false],
    ['status.conditions.Ready=True', true],
    ['status.conditions.Ready.reason=Idle', true],
    ['status.conditions.Late=True', false],
    ['spec.approved=true,status.phase=Ready', true],
    ['spec.nothing=', false],
  ])('of fields, %s: %s', (text, verdict) => {
    expect(matches(machine, parseFieldSelector(text) ?? [])).toBe(verdict);
  });

  it.each(['spec.pool', '=x', 'a b=c', 'spec..pool=x', '-x=y'])('that is none is refused: %s', (text) => {
    expect(parseFieldSelector(text)).toBeUndefined();
  });

  it('sees nothing that is not the object’s own', () => {
    expect(scalarsAt(machine, ['constructor', 'name'])).toEqual([]);
  });
});

describe('q', () => {
  it.each([
    [['m-1'], true],
    [['blue', 'gpu'], true],
    [['52:54'], true],
    [['nowhere'], false],
    [[], true],
  ])('%j: %s', (words, verdict) => expect(mentions(machine, words)).toBe(verdict));
});

describe('fields', () => {
  it('are what was asked for, and what names the object', () => {
    expect(
      createSelection([
        ['spec', 'pool'],
        ['status', 'conditions', 'type'],
        ['no', 'such'],
      ])(machine),
    ).toEqual({
      apiVersion: machine.apiVersion,
      kind: 'Machine',
      metadata: { name: 'm-1', uid: machine.metadata.uid, resourceVersion: '1' },
      spec: { pool: 'blue' },
      status: { conditions: [{ type: 'Ready' }] },
    });
  });

  it.each<[string, unknown]>([
    ['status.conditions.Ready.reason', [{ type: 'Ready', reason: 'Idle' }]],
    ['status.conditions.Ready', machine.status?.conditions],
    ['status.conditions.Late', []],
    ['status.conditions.Late,status.conditions.type', [{ type: 'Ready' }]],
    [
      'status.conditions.Ready.reason,status.conditions.status',
      [{ type: 'Ready', reason: 'Idle', status: 'True' }],
    ],
    ['status.conditions.Ready,status.conditions', machine.status?.conditions],
  ])('of conditions go by type: %s', (text, conditions) => {
    const select = createSelection(text.split(',').map(parseFieldPath));
    expect(select(machine)).toMatchObject({ status: { conditions } });
  });

  it('are the same in any order, and what is whole stays so', () => {
    const paths = ['spec', 'spec.pool', 'metadata.labels.rack', 'metadata.name'].map(parseFieldPath);
    const select = createSelection(paths);
    expect(select(machine)).toEqual(createSelection(paths.toReversed())(machine));
    expect(select(machine)).toMatchObject({ spec: machine.spec, metadata: { labels: { rack: 'a' } } });
  });
});

describe('pages', () => {
  const order = fc.array(
    fc.record({
      path: fc.constantFrom(['spec', 'pool'], ['spec', 'zone'], ['status', 'phase']),
      descending: fc.boolean(),
    }),
    { maxLength: 3 },
  );
  const machines = fc.uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z]{1,3}$/),
      pool: fc.constantFrom('a', 'b'),
      zone: fc.constantFrom('x', 'y'),
    }),
    { selector: ({ name }) => name, maxLength: 40 },
  );

  it('have every object once and in order, whatever the order and the size of a page', () => {
    fc.assert(
      fc.property(machines, order, fc.integer({ min: 1, max: 7 }), (specs, keys: SortKey[], limit) => {
        const objects = specs.map(({ name, pool, zone }) => aMachine({ name, spec: { pool, zone } }));
        const entries = createOrdering(objects, keys).entries();
        const seen: string[] = [];
        let after: Position | undefined;
        do {
          const page = pageOf(entries, keys, { after, limit });
          expect(page.total).toBe(objects.length);
          seen.push(...page.items.map(({ metadata }) => metadata.name));
          after = page.end;
        } while (after !== undefined);
        const whole = pageOf(entries, keys, { after: undefined, limit: 500 });
        expect(seen).toEqual(whole.items.map(({ metadata }) => metadata.name));
        expect(new Set(seen).size).toBe(objects.length);
      }),
    );
  });

  it('are of an order that is kept as a sort would make it, whatever changes', () => {
    const change = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      pool: fc.constantFrom('a', 'b', undefined),
      zone: fc.constantFrom('x', 'y'),
      asked: fc.boolean(),
    });
    const terms = parseFieldSelector('spec.zone=x') ?? [];
    const inX = { key: 'x', admits: (object: KubeObject) => matches(object, terms) };
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), order, (changes, keys: SortKey[]) => {
        const world = new Map<string, KubeObject>();
        const orderings = createOrderings(() => [...world.values()], 2);
        orderings.of(keys, inX);
        for (const { name, pool, zone, asked } of changes) {
          const previous = world.get(name);
          world.delete(name);
          const object = aMachine({ name, spec: { zone, ...(pool === undefined ? {} : { pool }) } });
          // The last state of what is deleted may stand elsewhere than what was held.
          if (pool === undefined && previous !== undefined) orderings.take({ type: 'Deleted', object });
          if (asked) orderings.of(keys, inX);
          if (pool === undefined) continue;
          world.set(name, object);
          orderings.take({ type: previous === undefined ? 'Added' : 'Modified', object });
        }
        const fresh = createOrdering([...world.values()], keys, inX.admits).entries();
        expect(orderings.of(keys, inX).map(({ object }) => object)).toEqual(
          fresh.map(({ object }) => object),
        );
      }),
    );
  });

  it('are right also when more has changed than is remembered, and forgets what nobody asks for', () => {
    const world = new Map<string, KubeObject>();
    const orderings = createOrderings(() => [...world.values()], 2);
    const all = { key: '', admits: () => true };
    const byPool: SortKey[] = [{ path: ['spec', 'pool'], descending: false }];
    orderings.of(byPool, all);
    for (let number = 0; number < 6_000; number += 1) {
      const object = aMachine({ name: `m-${number % 50}`, spec: { pool: `p-${number % 7}` } });
      const type = world.has(object.metadata.name) ? 'Modified' : 'Added';
      world.set(object.metadata.name, object);
      orderings.take({ type, object });
      if (number === 4_000) orderings.of([], all);
    }
    for (const order of [byPool, []]) {
      const fresh = createOrdering([...world.values()], order).entries();
      expect(orderings.of(order, all).map(({ object }) => object)).toEqual(fresh.map(({ object }) => object));
    }
  });

  it('put what is missing last, in both directions', () => {
    const known: Position = { values: ['a'], key: 'x' };
    const missing: Position = { values: [undefined], key: 'b' };
    for (const descending of [false, true]) {
      expect(comparePositions(known, missing, [{ path: ['status', 'phase'], descending }])).toBeLessThan(0);
    }
  });
});

describe('a cursor', () => {
  const cursors = createCursors(new Uint8Array(32).fill(7));
  const position: Position = { values: ['a', 3, undefined, true], key: 'ns/name' };

  it('is read as it was written', () => {
    expect(cursors.read(['machines', undefined], cursors.write(['machines', undefined], position))).toEqual(
      position,
    );
  });

  it('is refused for another list, by another key, cut, or made up', () => {
    const cursor = cursors.write(['machines'], position);
    expect(() => cursors.read(['subnets'], cursor)).toThrow(/begin the list anew/);
    const other = createCursors(new Uint8Array(32).fill(8));
    expect(() => other.read(['machines'], cursor)).toThrow(/begin the list anew/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.nat({ max: cursor.length - 1 })), (change) => {
        const forged = typeof change === 'string' ? change : cursor.slice(0, change);
        expect(() => cursors.read(['machines'], forged)).toThrow(/begin the list anew/);
      }),
    );
  });
});
