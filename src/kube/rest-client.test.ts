import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { configMaps } from './core-resources.ts';
import { createKubeClientOver } from './rest-client.ts';
import { createTransport } from './transport.ts';

it('tells of each object of a list as its page comes, before the next page is asked for', async () => {
  const said: string[] = [];
  const page = (name: string, next?: string) => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '7', continue: next } },
    items: [{ metadata: { name, namespace: 'n' } }],
  });
  const server = createServer((request, response) => {
    const isSecond = request.url?.includes('continue=') === true;
    said.push(isSecond ? 'second page' : 'first page');
    response.end(JSON.stringify(isSecond ? page('b') : page('a', 'more')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const bound: AddressInfo | string | null = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const transport = createTransport(async () => ({
    server: `http://127.0.0.1:${port}`,
    headers: {},
    tls: {},
  }));
  try {
    const onObject = ({ metadata }: { metadata: { name: string } }) => said.push(metadata.name);
    const { items } = await createKubeClientOver(transport, 10_000).list(configMaps, { onObject });
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(said).toEqual(['first page', 'a', 'second page', 'b']);
  } finally {
    await transport.close();
    server.close();
  }
});
