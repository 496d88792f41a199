import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json.ts';
import { createPacking } from './packing.ts';
import type { KubeObject } from './resource.ts';

interface Thing extends KubeObject {
  spec: { words: string[] };
  status?: unknown;
}

const aThing = (words: string[], status?: unknown): Thing => ({
  apiVersion: 'example.test/v1',
  kind: 'Thing',
  metadata: { name: 'a', uid: 'u', resourceVersion: '1' },
  spec: { words },
  ...(status === undefined ? {} : { status }),
});

/** @returns packs an object, and hands it back */
function createPack(): (thing: Thing) => Thing {
  const pack = createPacking();
  return (thing) => {
    pack(thing);
    return thing;
  };
}

describe('a packed object', () => {
  it('is as it was, in every way that it may be looked at', () => {
    const pack = createPack();
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.jsonValue(), (words, value) => {
        const status = parseJson(JSON.stringify(value));
        const packed = pack(aThing(words, status));
        const whole = aThing(words, status);
        expect(JSON.stringify(packed)).toBe(JSON.stringify(whole));
        expect({ ...packed }).toEqual(whole);
        expect(packed.spec).toEqual(whole.spec);
        expect(Object.keys(packed)).toEqual(Object.keys(whole));
      }),
    );
  });

  it('is told from others that are read in turns', () => {
    const pack = createPack();
    const [a, b] = [pack(aThing(['a'])), pack(aThing(['b']))];
    expect([a.spec.words, b.spec.words, a.spec.words]).toEqual([['a'], ['b'], ['a']]);
  });

  it('cannot be changed by who reads it', () => {
    const packed = createPack()(aThing(['a']));
    expect(() => packed.spec.words.push('b')).toThrow(TypeError);
    expect(() => Object.assign(packed, { spec: { words: [] } })).toThrow(TypeError);
    expect(() => Object.assign(packed.metadata, { name: 'b' })).toThrow(TypeError);
  });

  it('stays as it is when it is packed once more', () => {
    const pack = createPack();
    expect(pack(pack(aThing(['a'])))).toEqual(aThing(['a']));
  });
});
