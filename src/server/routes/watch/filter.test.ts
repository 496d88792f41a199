import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../../test/fixtures/objects.ts';
import type { Change } from '../../../kube/informer.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { parseFieldSelector } from '../../list/filter.ts';
import { kindOf, pastKindOf, watchFilter } from './filter.ts';
import { createHistory } from './history.ts';

const terms = (text: string) => parseFieldSelector(text) ?? [];
const inPool = (pool: string, name = 'm') => aMachine({ name, spec: { pool } });
const poolA = watchFilter(undefined, terms('spec.pool=a'))!;

/** Puts an object into a world, or takes it out of it. */
function changeTo(
  world: Map<string, KubeObject>,
  name: string,
  pool: string | undefined,
): Change<KubeObject> | undefined {
  const previous = world.get(name);
  world.delete(name);
  if (pool === undefined) return previous && { type: 'Deleted', object: previous };
  const object = inPool(pool, name);
  world.set(name, object);
  return previous === undefined ? { type: 'Added', object } : { type: 'Modified', object, previous };
}

describe('a filter of a stream', () => {
  it('is none when it lets all through', () => {
    expect(watchFilter(undefined, [])).toBeUndefined();
  });

  it.each<[string, Change<KubeObject>, string | undefined]>([
    ['an object that matches', { type: 'Added', object: inPool('a') }, 'added'],
    ['one that does not', { type: 'Added', object: inPool('b') }, undefined],
    ['one that stays', { type: 'Modified', object: inPool('a'), previous: inPool('a') }, 'modified'],
    ['one that enters', { type: 'Modified', object: inPool('a'), previous: inPool('b') }, 'added'],
    ['one that leaves', { type: 'Modified', object: inPool('b'), previous: inPool('a') }, 'deleted'],
    ['one that stays outside', { type: 'Modified', object: inPool('b'), previous: inPool('c') }, undefined],
    ['one that is deleted', { type: 'Deleted', object: inPool('b') }, 'deleted'],
  ])('says what a change is to those who see only what matches: %s', (_, change, kind) => {
    expect(kindOf(change, poolA)).toBe(kind);
  });

  it('by name lets through that object alone, also of the past', () => {
    const filter = watchFilter('m', [])!;
    const history = createHistory({ events: 10, characters: 1e6 });
    const mine = history.record('machines', { type: 'Added', object: inPool('a') });
    const other = history.record('machines', { type: 'Added', object: inPool('a', 'n') });
    expect([pastKindOf(mine, filter), pastKindOf(other, filter)]).toEqual(['added', undefined]);
    expect(kindOf({ type: 'Added', object: inPool('a', 'n') }, filter)).toBeUndefined();
  });

  it('gives, live or after a break anywhere, the same view in the end', () => {
    const step = fc.record({
      name: fc.constantFrom('x', 'y', 'z'),
      pool: fc.constantFrom('a', 'b', undefined),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.nat(20), (steps, breakAt) => {
        const history = createHistory({ events: 100, characters: 1e9 });
        const world = new Map<string, KubeObject>();
        const view = new Set<string>();
        const take = (name: string, kind: string | undefined) => {
          if (kind === 'deleted') view.delete(name);
          else if (kind !== undefined) view.add(name);
        };
        let seen = history.lastId();
        for (const [at, { name, pool }] of steps.entries()) {
          const change = changeTo(world, name, pool);
          if (change === undefined) continue;
          history.record('machines', change);
          if (at >= breakAt) continue;
          take(name, kindOf(change, poolA));
          seen = history.lastId();
        }
        for (const event of history.since(seen) ?? []) take(event.name, pastKindOf(event, poolA));
        const wanted = [...world].filter(
          ([, object]) => Reflect.get(Reflect.get(object, 'spec'), 'pool') === 'a',
        );
        expect([...view].sort()).toEqual(wanted.map(([name]) => name).sort());
      }),
    );
  });
});
