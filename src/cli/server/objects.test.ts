import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSilentServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { plainTerminal } from '../../../test/fixtures/terminal.ts';
import { machineKind } from '../../api/machine/schema.ts';
import { createMemoryClient, type MemoryClient } from '../../kube/memory-client.ts';
import type { Context, RestEnvironment } from '../command.ts';
import { commands } from '../commands/table.ts';
import { kinds } from '../kinds.ts';
import { main } from '../main.ts';
import { fieldsOf } from './fields.ts';

const column = (jsonPath: string, priority = 0) => ({ name: 'X', type: 'string', jsonPath, priority });

describe('the fields of a table', () => {
  it.each([
    ['.status.phase', 'status.phase'],
    ['.status.conditions[?(@.type=="Ready")].reason', 'status.conditions.Ready.reason'],
    ['.status.addresses[0].address', 'status.addresses.address'],
    ['.status.foreignServers[*].address', 'status.foreignServers'],
    ['.status.conditions[?(@.status=="True")].reason', 'status.conditions'],
    ['.spec.disks[?(@.type=="SSD")].name', 'spec.disks'],
    [".metadata.labels['example.com/rack']", 'metadata.labels'],
  ])('of the column %s are %s', (jsonPath, field) => {
    expect(fieldsOf([column(jsonPath)], false)).toBe(`metadata.name,${field}`);
  });

  it('are named once, and those of wide columns only when they are shown', () => {
    const columns = [column('.spec.pool'), column('.spec.pool'), column('.spec.zone', 1)];
    expect(fieldsOf(columns, false)).toBe('metadata.name,spec.pool');
    expect(fieldsOf(columns, true)).toBe('metadata.name,spec.pool,spec.zone');
  });

  it('are left out when they are more than the server picks out', () => {
    const columns = Array.from({ length: 40 }, (_, number) => column(`.spec.f${number}`));
    expect(fieldsOf(columns, false)).toBeUndefined();
    expect(fieldsOf([column('.')], false)).toBeUndefined();
  });

  it.each(Object.values(kinds))('fit in one request for $plural', ({ columns }) => {
    expect(fieldsOf(columns, true)).toBeDefined();
  });
});

describe('a list where a REST API is named', () => {
  let server: Server;
  let url: string;
  let answer: (path: string, response: ServerResponse) => void;
  let asked: string[];
  let out: string;
  let err: string;
  let rest: RestEnvironment;
  let client: MemoryClient;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      answer(request.url ?? '', response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    [out, err, asked] = ['', '', []];
    rest = { server: url, token: 'from-environment' };
    client = createMemoryClient();
    await client.create(machineKind, aMachine({ name: 'of-the-api-server' }));
    answer = (path, response) => {
      const second = path.includes('cursor=');
      const items = [aMachine({ name: second ? 'two' : 'one', status: { phase: 'Ready' } })];
      response.end(JSON.stringify({ items, total: 2, ...(second ? {} : { next: 'more' }) }));
    };
  });

  const context = (): Context => ({
    terminal: plainTerminal(
      (text) => {
        out += text;
      },
      (text) => {
        err += text;
      },
    ),
    version: '0.0.0',
    rest,
    cluster: async () => ({
      client,
      ...{ context: 'c', server: 'https://c', namespace: 'default' },
      credentials: async () => ({ server: 'https://c', headers: {}, tls: { cert: 'x' } }),
    }),
    now: () => Date.now(),
    signal: new AbortController().signal,
    readFile: async () => 'from-file\n',
  });
  const mw = (line: string) => main(line.split(' '), commands, context);

  it('comes from it, page after page, with the columns that are shown and the selectors', async () => {
    expect(await mw('machine list --phase Ready -l rack=a,tier!=x')).toBe('ok');
    expect(out.split('\n').map((line) => line.split(' ')[0])).toEqual(['NAME', 'one', 'two', '']);
    const queries = asked.map((path) => new URL(path, url).searchParams);
    expect(queries.map((query) => [query.get('limit'), query.get('cursor')])).toEqual([
      ['500', null],
      ['500', 'more'],
    ]);
    expect(queries[0]?.get('labelSelector')).toBe('rack=a,tier!=x');
    expect(queries[0]?.get('fieldSelector')).toBe('status.phase=Ready');
    expect(queries[0]?.get('fields')?.split(',')).toContain('status.conditions.Ready.reason');
    expect(queries[0]?.get('fields')).not.toContain('spec.zone');
  });

  it('is of one namespace, of all, and of names alone', async () => {
    answer = (_path, response) => response.end(JSON.stringify({ items: [], total: 0 }));
    for (const words of ['', ' -n web', ' -A']) await mw(`allocation list${words}`);
    await mw('image list -o name');
    expect(asked.map((path) => new URL(path, url).pathname)).toEqual([
      '/api/v1/namespaces/default/allocations',
      '/api/v1/namespaces/web/allocations',
      '/api/v1/allocations',
      '/api/v1/images',
    ]);
    expect(asked.at(-1)).toContain('fields=metadata.name&');
    expect(err).toContain('No allocations found in namespace web.');
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['refuses', (response) => response.writeHead(403).end('{"code":"Forbidden","detail":"no"}')],
    ['is something else', (response) => response.end('<html>')],
    ['answers with other objects', (response) => response.end('{"items":[{"kind":"Tag"}],"total":1}')],
    ['breaks off', (response) => response.destroy()],
    ['never answers', () => undefined],
  ])('comes from the API server when the REST API %s', async (_, spoil) => {
    answer = (_path, response) => spoil(response);
    expect(await mw('machine list')).toBe('ok');
    expect(asked).toHaveLength(1);
    expect([out.includes('of-the-api-server'), err]).toEqual([true, '']);
  });

  it('comes from the API server when the REST API stops in the middle', async () => {
    const whole = answer;
    answer = (path, response) => (path.includes('cursor=') ? undefined : whole(path, response));
    expect(await mw('machine list')).toBe('ok');
    expect(asked).toHaveLength(2);
    expect(out).toContain('of-the-api-server');
    expect(out).not.toContain('one');
  });

  it('comes from the API server when a connection to the REST API is never whole, and waits for it no longer', async () => {
    const silent = createSilentServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    rest = { ...rest, server: `https://127.0.0.1:${(silent.address() as AddressInfo).port}` };
    try {
      expect(await mw('machine list')).toBe('ok');
      expect(out).toContain('of-the-api-server');
    } finally {
      silent.close();
    }
  }, 8_000);

  it.each([
    ['there is no token for it', 'machine list', undefined],
    ['another cluster is named', 'machine list --context other', 'x'],
    ['another kubeconfig is named', 'machine list --kubeconfig other', 'x'],
    ['whole objects are wanted', 'machine list -o yaml', 'x'],
  ])('comes from the API server when %s', async (_, line, token) => {
    rest = { server: url, token };
    expect(await mw(line)).toBe('ok');
    expect(asked).toEqual([]);
    expect(out).toContain('of-the-api-server');
  });

  it('comes from nowhere else when the command line names the REST API', async () => {
    rest = {};
    expect(await mw(`machine list --server ${url}`)).toBe('usage');
    expect(err).toContain('has a client certificate');
    expect(await mw(`machine list -w --server ${url} --token-file token`)).toBe('usage');
    expect(await mw(`machine list --context other --server ${url} --token-file token -o json`)).toBe('ok');
    expect(JSON.parse(out)).toMatchObject({ items: [{ metadata: { name: 'one' } }, {}] });
    answer = (_path, response) => response.writeHead(403).end('{"code":"Forbidden","detail":"not yours"}');
    expect(await mw(`machine list --server ${url} --token-file token`)).toBe('refused');
    expect(err).toContain('not yours');
    expect(out).not.toContain('of-the-api-server');
  });
});
