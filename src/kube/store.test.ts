import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from './resource.ts';
import { type Change, createStore } from './store.ts';

interface Thing extends KubeObject {
  spec: { color: string };
}

function thing(name: string, color: string, version: number, uid = name): Thing {
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, uid, resourceVersion: String(version) },
    spec: { color },
  };
}

const byColor = { color: (object: Thing) => [object.spec.color] };

describe('store', () => {
  it('freezes what it holds to the leaves', () => {
    const store = createStore<Thing>();
    store.set(thing('a', 'red', 1));
    expect(() => {
      store.get('a')!.spec.color = 'blue';
    }).toThrow(TypeError);
  });

  it('moves an object between index entries', () => {
    const store = createStore(byColor);
    store.set(thing('a', 'red', 1));
    store.set(thing('a', 'blue', 2));
    expect(store.byIndex('color', 'red')).toEqual([]);
    expect(store.byIndex('color', 'blue').map((object) => object.metadata.name)).toEqual(['a']);
  });

  it('throws for an index that was never defined, rather than find nothing', () => {
    expect(() => createStore(byColor).byIndex('colour', 'red')).toThrow(RangeError);
  });

  it('tells of a deletion and an addition when an object was made anew under its name', () => {
    const store = createStore<Thing>();
    store.set(thing('a', 'red', 1, 'old'));
    const changes = store.replaceAll([thing('a', 'red', 2, 'new')]);
    expect(changes.map(({ type, object }) => [type, object.metadata.uid])).toEqual([
      ['Deleted', 'old'],
      ['Added', 'new'],
    ]);
  });

  it('does nothing for a version that it holds already', () => {
    const store = createStore<Thing>();
    store.set(thing('a', 'red', 1));
    expect(store.set(thing('a', 'red', 1))).toEqual([]);
  });

  it('stays as it was when an index function throws', () => {
    const store = createStore<Thing>({
      color({ spec }) {
        if (spec.color === 'bad') throw new Error('bad color');
        return [spec.color];
      },
    });
    store.set(thing('a', 'red', 1));
    expect(() => store.set(thing('a', 'bad', 2))).toThrow('bad color');
    expect(store.get('a')?.spec.color).toBe('red');
    expect(store.byIndex('color', 'red')).toHaveLength(1);
  });

  it('tells changes from which a listener can rebuild exactly what it holds, and indexes all of it', () => {
    const object = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      color: fc.constantFrom('red', 'blue'),
      version: fc.integer({ min: 1, max: 4 }),
      uid: fc.constantFrom('u1', 'u2'),
    });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), object }),
      fc.record({ kind: fc.constant('delete' as const), object }),
      fc.record({
        kind: fc.constant('replace' as const),
        objects: fc.uniqueArray(object, { selector: (each) => each.name }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const store = createStore(byColor);
        const mirror = new Map<string, Thing>();
        const follow = (changes: Change<Thing>[]): void => {
          for (const { type, object: changed, previous } of changes) {
            const { name } = changed.metadata;
            expect(mirror.has(name)).toBe(type !== 'Added');
            if (type === 'Modified') expect(previous).toBe(mirror.get(name));
            if (type === 'Deleted') mirror.delete(name);
            else mirror.set(name, changed);
          }
        };
        for (const each of steps) {
          if (each.kind === 'replace') {
            follow(store.replaceAll(each.objects.map((o) => thing(o.name, o.color, o.version, o.uid))));
            expect(
              store
                .list()
                .map((o) => o.metadata.name)
                .sort(),
            ).toEqual(each.objects.map((o) => o.name).sort());
          } else {
            const { name, color, version, uid } = each.object;
            follow(each.kind === 'set' ? store.set(thing(name, color, version, uid)) : store.delete(name));
          }
          expect(new Set(store.list())).toEqual(new Set(mirror.values()));
          for (const color of ['red', 'blue']) {
            const want = store.list().filter((o) => o.spec.color === color);
            expect(new Set(store.byIndex('color', color))).toEqual(new Set(want));
          }
        }
      }),
    );
  });
});
