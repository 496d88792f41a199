import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createSelection } from '../list/select.ts';
import { withChosenFields } from './chosen-fields.ts';

const Kind = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Thing'),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    size: z.int(),
    disk: z.discriminatedUnion('by', [
      z.looseObject({ by: z.literal('name'), name: z.string() }),
      z.looseObject({ by: z.literal('size'), bytes: z.int() }),
    ]),
    nics: z.array(z.looseObject({ mac: z.string() })),
  }),
});
const Page = z.object({ items: z.array(Kind), total: z.int() });

const thing = {
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', uid: 'u', resourceVersion: '1' },
  spec: { size: 1, disk: { by: 'name', name: 'sda' }, nics: [{ mac: 'x' }] },
};

/** What a reader of the document takes for right. */
function reader(schema: z.ZodType) {
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, { io: 'output' });
  return z.fromJSONSchema(withChosenFields({ ...made }));
}

describe('the schema of objects of which some fields are asked for', () => {
  it.each([
    ['everything', thing],
    ['no field that there is', createSelection([['colour']])(thing)],
    ['one of several', createSelection([['spec', 'size']])(thing)],
    ['part of an alternative', createSelection([['spec', 'disk', 'name']])(thing)],
    ['a field that no element has', createSelection([['spec', 'nics', 'speed']])(thing)],
  ])('takes %s', (_, object) => {
    expect(reader(Kind).safeParse(object).error).toBeUndefined();
    expect(reader(Page).safeParse({ items: [object], total: 1 }).error).toBeUndefined();
  });

  it('refuses what has no name, another type, or a page without its total', () => {
    expect(reader(Kind).safeParse({ ...thing, metadata: {} }).success).toBe(false);
    expect(reader(Kind).safeParse({ ...thing, spec: { size: 'large' } }).success).toBe(false);
    expect(reader(Page).safeParse({ items: [] }).success).toBe(false);
  });

  it('leaves a schema alone in which there is no object of Kubernetes', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
    expect(withChosenFields(schema)).toEqual(schema);
  });
});
