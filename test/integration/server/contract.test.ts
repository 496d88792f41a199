import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../../src/server/problem.ts';
import { type Setting, startSetting } from './setting.ts';

interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
}

interface Operation {
  path: string;
  method: string;
  parameters: Parameter[];
  responses: Record<string, unknown>;
  requestBody?: { content: Record<string, unknown> };
}

/** Values that are right, almost right, and wrong in the ways that break servers. */
const text = fc.oneof(
  fc.constantFrom(
    'a',
    'default',
    'm-1',
    '1',
    '500',
    'true',
    'spec.pool',
    '-metadata.name',
    'a=b,!c',
    '*',
    '"1"',
    'machines',
  ),
  fc.constantFrom(
    '',
    ' ',
    '%00',
    '../..',
    '"',
    'é',
    '😀',
    'x'.repeat(400),
    '__proto__',
    'constructor',
    '{{a}}',
    "'; --",
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const name = fc.oneof(fc.constantFrom('a', 'm-1', 'default'), text);
const body = fc.oneof(
  fc.record({
    metadata: fc.record({ name, labels: fc.dictionary(text, text, { maxKeys: 2 }) }, { requiredKeys: [] }),
    spec: fc.oneof(fc.constant({}), fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })),
  }),
  fc.jsonValue({ maxDepth: 3 }),
);

describe('every operation of the document', () => {
  let setting: Setting;
  let token: string;
  let operations: Operation[];

  beforeAll(async () => {
    setting = await startSetting();
    token = await setting.token('prober', { rules: [{ resources: ['*'], verbs: ['*'] }] });
    const response = await fetch(`${setting.url}/api/v1/openapi.json`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const document: { paths: Record<string, Record<string, Omit<Operation, 'path' | 'method'>>> } =
      JSON.parse(await response.text());
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        ...operation,
        path,
        method: method.toUpperCase(),
      })),
    );
  });
  afterAll(() => setting.stop());

  it('answers whatever it is sent with an answer that the document knows, and never fails', async () => {
    const request = fc.record({
      at: fc.nat(),
      values: fc.array(name, { minLength: 12, maxLength: 12 }),
      given: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      body,
      mediaType: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ at, values, given, body, mediaType }) => {
        const operation = operations[at % operations.length];
        if (operation === undefined || operation.path === '/api/v1/watch') return;
        let { path } = operation;
        const query = new URLSearchParams();
        const headers = new Headers({ authorization: `Bearer ${token}` });
        for (const [index, parameter] of operation.parameters.entries()) {
          const value = values[index % values.length] ?? '';
          if (parameter.in === 'path') {
            const segment = encodeURIComponent(value.toWellFormed());
            path = path.replace(`{${parameter.name}}`, /^\.{0,2}$/.test(value) ? 'a' : segment);
          } else if (given[index % given.length] === true) {
            if (parameter.in === 'query') query.set(parameter.name, value);
            else if (/^[\x20-\x7e]*$/.test(value)) headers.set(parameter.name, value);
          }
        }
        const types = Object.keys(operation.requestBody?.content ?? {});
        const hasBody = types.length > 0;
        if (hasBody) headers.set('content-type', types[mediaType % types.length] ?? 'application/json');
        const response = await fetch(`${setting.url}${path}?${query.toString()}`, {
          method: operation.method,
          headers,
          redirect: 'manual',
          ...(hasBody ? { body: JSON.stringify(body) } : {}),
        });
        const answer = await response.text();
        const what = `${operation.method} ${path}?${query} -> ${response.status} ${answer.slice(0, 300)}`;
        // This server keeps no history and no uploads, and has to say so.
        const mostStatus = /"code":"(History|Uploads)Unavailable"/.test(answer) ? 503 : 499;
        expect(response.status, what).toBeLessThanOrEqual(mostStatus);
        expect(Object.keys(operation.responses), what).toContain(String(response.status));
        if (response.status >= 400) expect(Problem.safeParse(JSON.parse(answer)).success, what).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
