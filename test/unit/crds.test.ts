import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { kinds } from '../../src/api/crd/kinds.ts';
import { renderCrds } from '../../src/api/crd/render.ts';
import { type StructuralSchema, structuralSchema } from '../../src/api/crd/structural-schema.ts';

const folder = join(import.meta.dirname, '../../crds');

describe('crds/', () => {
  it('holds exactly what the schemas say; else run npm run crds', () => {
    const wanted = Object.fromEntries(renderCrds().map(({ name, content }) => [name, content]));
    const present = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
    expect(present).toEqual(wanted);
  });

  it('quotes what kubectl would take for a boolean', () => {
    const machines = renderCrds().find(({ name }) => name.endsWith('_machines.yaml'));
    expect(machines?.content).toMatch(/- "On"\n/);
    expect(machines?.content).not.toMatch(/- (On|Off|Yes|No)\n/);
  });

  it('describes every field that a person may set', () => {
    const silent = kinds.flatMap((kind) =>
      Object.entries(kind.properties)
        .filter(([name]) => name === 'spec')
        .flatMap(([name, schema]) => fieldsWithoutDescription(structuralSchema(schema, kind.kind), name))
        .map((path) => `${kind.kind}.${path}`),
    );
    expect(silent).toEqual([]);
  });

  it('gives kinds short names and plurals that do not meet', () => {
    // The plural of chassis is chassis.
    const words = kinds.flatMap((kind) => [...kind.shortNames, ...new Set([kind.plural, kind.singular])]);
    expect(new Set(words).size).toBe(words.length);
    const others = ['ma', 'machine-set', 'ms', 'md', 'cl', 'ip', 'ips', 'no', 'po', 'svc'];
    expect(words.filter((word) => others.includes(word))).toEqual([]);
  });
});

function fieldsWithoutDescription(schema: StructuralSchema, path: string): string[] {
  const nested = Object.entries(schema.properties ?? schema.items?.properties ?? {});
  return nested.flatMap(([name, field]) => [
    ...(field.description === undefined ? [`${path}.${name}`] : []),
    ...fieldsWithoutDescription(field, `${path}.${name}`),
  ]);
}

describe('structuralSchema', () => {
  it('gives integers a format instead of the limits of JavaScript', () => {
    expect(structuralSchema(z.int(), 'x')).toEqual({ type: 'integer', format: 'int64' });
    expect(structuralSchema(z.int().min(0), 'x')).toEqual({ type: 'integer', format: 'int64', minimum: 0 });
    expect(structuralSchema(z.int().min(0).max(4094), 'x')).toEqual({
      type: 'integer',
      format: 'int32',
      minimum: 0,
      maximum: 4094,
    });
  });

  it('leaves unknown fields to pruning', () => {
    expect(structuralSchema(z.strictObject({ a: z.boolean() }), 'x')).toEqual({
      type: 'object',
      properties: { a: { type: 'boolean' } },
      required: ['a'],
    });
  });

  it('keeps nullable, defaults and extensions at every level', () => {
    const schema = z.object({
      list: z
        .array(z.string().max(5).nullable())
        .max(3)
        .default([])
        .meta({ 'x-kubernetes-list-type': 'set' }),
    });
    expect(structuralSchema(schema, 'x')).toEqual({
      type: 'object',
      properties: {
        list: {
          type: 'array',
          default: [],
          maxItems: 3,
          items: { type: 'string', nullable: true, maxLength: 5 },
          'x-kubernetes-list-type': 'set',
        },
      },
    });
  });

  it.each([
    ['a list without a bound', z.object({ a: z.array(z.boolean()) }), 'x.a: a list needs a maximum'],
    ['a text without a bound', z.array(z.string()).max(1), 'x[]: a string needs a maximum'],
    ['a map without a bound', z.record(z.string(), z.boolean()), 'x: a map needs maxProperties'],
    ['a union of types', z.object({ a: z.union([z.boolean(), z.int()]) }), 'x.a: '],
  ])('refuses %s and names the place', (_, schema, message) => {
    expect(() => structuralSchema(schema, 'x')).toThrow(message);
  });
});
