import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../testing/server.ts';
import { renderApiReference } from './reference.ts';

interface Operation {
  operationId: string;
  parameters: { in: string; name: string }[];
}

describe('the OpenAPI document', () => {
  let server: TestServer;
  let document: { paths: Record<string, Record<string, Operation>> };

  beforeAll(async () => {
    server = await startTestServer();
    const headers = { authorization: 'Bearer admin' };
    const answer = await server.app.inject({ url: '/api/v1/openapi.json', headers });
    document = JSON.parse(answer.body);
  });
  afterAll(() => server.stop());

  it('has every operation that is served', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = server.served
      .filter(({ url }) => url.startsWith('/api/'))
      .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(served.length).toBeGreaterThan(60);
    expect(documented.sort()).toEqual(served.sort());
  });

  it('names every operation once, and every parameter of a path', () => {
    const ids: string[] = [];
    for (const [path, operations] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { operationId, parameters } of Object.values(operations)) {
        ids.push(operationId);
        const inPath = parameters.filter((parameter) => parameter.in === 'path');
        expect(inPath.map((parameter) => parameter.name)).toEqual(names);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has no reference that leads nowhere, and nothing that only Kubernetes knows', () => {
    const text = JSON.stringify(document);
    const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference));
    expect([...references]).toEqual(['#/components/schemas/Problem']);
    expect(text).not.toContain('x-kubernetes');
  });

  it('is what docs/reference/api.md was made from', async () => {
    const page = join(import.meta.dirname, '../../../docs/reference/api.md');
    await expect(renderApiReference(server.routes)).toMatchFileSnapshot(page);
  });
});
