import { describe, expect, it } from 'vitest';
import { configMaps, namespaces } from './core-resources.ts';
import { type KubeObject, keyOf, makeKey, type Resource, resourcePath, splitKey } from './resource.ts';

const machines: Resource<KubeObject> = {
  group: 'metalwright.dev',
  version: 'v1alpha1',
  plural: 'machines',
  kind: 'Machine',
  namespaced: false,
};

describe('resourcePath', () => {
  const cases: [string, Resource<KubeObject>, Parameters<typeof resourcePath>[1], string][] = [
    ['a core collection over all namespaces', configMaps, {}, '/api/v1/configmaps'],
    ['a core collection', configMaps, { namespace: 'n' }, '/api/v1/namespaces/n/configmaps'],
    ['a cluster-scoped object', namespaces, { name: 'n' }, '/api/v1/namespaces/n'],
    ['a custom object', machines, { name: 'a' }, '/apis/metalwright.dev/v1alpha1/machines/a'],
    [
      'a subresource',
      machines,
      { name: 'a', subresource: 'status' },
      '/apis/metalwright.dev/v1alpha1/machines/a/status',
    ],
    ['a name that is no path', machines, { name: '../x' }, '/apis/metalwright.dev/v1alpha1/machines/..%2Fx'],
  ];
  for (const [name, resource, target, want] of cases) {
    it(`names ${name}`, () => {
      expect(resourcePath(resource, target)).toBe(want);
    });
  }
});

describe('keys', () => {
  it('carry name and namespace there and back', () => {
    expect(splitKey(makeKey('a', 'n'))).toEqual({ name: 'a', namespace: 'n' });
    expect(splitKey(makeKey('a'))).toEqual({ name: 'a', namespace: undefined });
    expect(keyOf({ metadata: { name: 'a', namespace: 'n' } })).toBe('n/a');
  });
});
