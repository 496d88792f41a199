import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { breakingChanges } from './compatible.ts';
import { renderCrds } from './render.ts';

const field = { type: 'string', maxLength: 10 };

function crd(spec: object, more: object = {}, status: object = {}) {
  const properties = {
    spec: { type: 'object', properties: { name: field, mode: { enum: ['A', 'B'] } }, ...spec },
    status: { type: 'object', properties: { phase: { type: 'string' } }, ...status },
  };
  return {
    spec: {
      ...{ scope: 'Cluster', names: { kind: 'Thing', plural: 'things' } },
      versions: [
        { name: 'v1alpha1', served: true, schema: { openAPIV3Schema: { type: 'object', properties } } },
      ],
      ...more,
    },
  };
}

const properties = (given: object) => ({ properties: { name: field, mode: { enum: ['A', 'B'] }, ...given } });

describe('a definition that changes', () => {
  it.each<[string, object]>([
    ['stays as it is', crd({})],
    ['has a new field', crd(properties({ more: { type: 'integer', maximum: 3 } }))],
    [
      'allows more',
      crd(properties({ name: { type: 'string', maxLength: 20 }, mode: { enum: ['A', 'B', 'C'] } })),
    ],
    [
      'requires a field that has a default',
      crd({ ...properties({ more: { type: 'integer', default: 1 } }), required: ['more'] }),
    ],
    [
      'bounds what only Metalwright writes',
      crd({}, {}, { properties: { phase: { type: 'string', maxLength: 3 } } }),
    ],
  ])('breaks nobody when it %s', (_, after) => {
    expect(breakingChanges(crd({}), after)).toEqual([]);
  });

  it.each<[string, object | undefined, string]>([
    ['the kind', undefined, 'Thing: the kind is gone'],
    ['its scope', crd({}, { scope: 'Namespaced' }), 'Thing: its scope was Cluster and is Namespaced'],
    ['a version', crd({}, { versions: [] }), 'Thing: version v1alpha1 is served no more'],
    ['a field', crd({ properties: { name: field } }), 'Thing.spec.mode: the field is gone'],
    ['a field of the status', crd({}, {}, { properties: {} }), 'Thing.status.phase: the field is gone'],
    [
      'a type',
      crd(properties({ name: { type: 'integer', maxLength: 10 } })),
      'Thing.spec.name: its type was string and is integer',
    ],
    [
      'a bound',
      crd(properties({ name: { type: 'string', maxLength: 5 } })),
      'Thing.spec.name: its maxLength was 10 and is 5',
    ],
    ['a value', crd(properties({ mode: { enum: ['A'] } })), 'Thing.spec.mode: "B" is taken no more'],
    ['what may be missing', crd({ required: ['name'] }), 'Thing.spec.name: it is required now'],
    [
      'a rule',
      crd({ 'x-kubernetes-validations': [{ rule: 'self.a' }] }),
      'Thing.spec: there is a new rule, self.a',
    ],
  ])('is told of when it changes %s', (_, after, sentence) => {
    expect(breakingChanges(crd({}), after)).toEqual([sentence]);
  });

  it('is read in the form in which our own are rendered', () => {
    for (const { content } of renderCrds())
      expect(breakingChanges(parse(content), parse(content))).toEqual([]);
  });
});
