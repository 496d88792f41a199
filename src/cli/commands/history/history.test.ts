import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { plainTerminal } from '../../../../test/fixtures/terminal.ts';
import { kubeError } from '../../../kube/errors.ts';
import { createMemoryClient } from '../../../kube/memory-client.ts';
import type { Credentials } from '../../../kube/transport.ts';
import { timelineKinds as kindsOfTheStore } from '../../../store/reads/sources.ts';
import type { Context, RestEnvironment } from '../../command.ts';
import { main } from '../../main.ts';
import { commands } from '../table.ts';
import { sinceOf } from './show.ts';
import { timelineKinds } from './table.ts';

interface Asked {
  path: string;
  query: Record<string, string>;
  authorization: string | undefined;
}
interface Answered {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

const now = Date.parse('2026-11-20T12:00:00Z');
const problem = (code: string, status: number, rest: object = {}): Answered => ({
  status,
  body: { type: `urn:metalwright:problem:${code}`, title: 't', detail: `detail of ${code}`, code, ...rest },
});
const item = (number: number) => ({
  at: '2026-11-20T10:00:00.123456Z',
  id: `i${number}`,
  kind: 'Event',
  severity: 'Warning',
  subject: { kind: 'Machine', name: 'r1' },
  reason: `R${number}`,
  message: 'no answer',
  count: 3,
});

describe('mw over history', () => {
  let server: Server;
  let url: string;
  let answer: (asked: Asked) => Answered;
  let asked: Asked[];
  let out: string;
  let err: string;
  let rest: RestEnvironment;
  let credentials: Credentials | undefined;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      const one = {
        path: pathname,
        query: Object.fromEntries(searchParams),
        authorization: request.headers.authorization,
      };
      asked.push(one);
      const { status, body, headers } = answer(one);
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    [out, err, asked] = ['', '', []];
    answer = () => ({ status: 200, body: { items: [item(1)] } });
    rest = { server: url, token: 'from-environment' };
    credentials = undefined;
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
    async cluster() {
      if (credentials === undefined) throw kubeError('KubeconfigInvalid', 'there is none');
      const found = credentials;
      return {
        client: createMemoryClient(),
        ...{ context: 'c', server: 'https://c', namespace: 'default' },
        credentials: async () => found,
      };
    },
    now: () => now,
    signal: new AbortController().signal,
    async readFile(path) {
      if (path === 'token') return 'from-file\n';
      if (path === 'empty') return '\n';
      throw new Error('ENOENT');
    },
  });
  const mw = (line: string) => main(line.split(' '), commands, context);

  it('prints what a machine said, the oldest line first', async () => {
    const line = (number: number, text: string) => ({
      ...{ at: `2026-11-20T10:00:0${number}.000000Z`, id: `i${number}`, source: 'Serial', text },
    });
    answer = () => ({ status: 200, body: { items: [line(2, 'panic\u001b[2J'), line(1, 'Linux')] } });
    expect(await mw('machine console-log r1 --grep n --since 2h --until 1h')).toBe('ok');
    expect(asked).toMatchObject([
      {
        path: '/api/v1/machines/r1/console-log',
        query: {
          ...{ q: 'n', since: '2026-11-20T10:00:00.000Z', until: '2026-11-20T11:00:00.000Z', limit: '500' },
        },
      },
    ]);
    expect(out).toMatch(/^2026-11-20T10:00:01Z {2}Linux\n2026-11-20T10:00:02Z {2}panic.*\n$/);
    expect(out).not.toContain('\u001b');
    out = '';
    expect(await mw('machine console-log r1 -o json')).toBe('ok');
    expect(JSON.parse(out).items).toMatchObject([{ text: 'Linux' }, { id: 'i2' }]);
    expect(await mw('machine console-log r1 --follow -o json')).toBe('usage');
    expect(await mw('machine console-log r1 --until then')).toBe('usage');
    answer = () => ({ status: 200, body: { items: [] } });
    err = '';
    expect(await mw('machine console-log r1')).toBe('ok');
    expect(err).toBe('Nothing that it said is kept.\n');
  });

  it('goes on with what a machine says, each line once, until it is interrupted', async () => {
    const stop = new AbortController();
    const said = ['one', 'two', 'three'].map((text, number) => ({
      ...{ at: `2026-11-20T10:00:0${number}.000001Z`, id: `i${number}`, source: 'Serial', text },
    }));
    answer = ({ query }) => {
      if (asked.length === 3) stop.abort();
      const known = said.slice(0, asked.length).filter(({ at }) => at >= (query.since ?? ''));
      return { status: 200, body: { items: known.toReversed() } };
    };
    const ends = main(['machine', 'console-log', 'r1', '--follow'], commands, () => ({
      ...context(),
      signal: stop.signal,
    }));
    expect(await ends).toBe('interrupted');
    expect(asked[1]?.query.since).toBe('2026-11-20T10:00:00.000001Z');
    expect(out.split('\n').map((line) => line.slice(22))).toEqual(['one', 'two', '']);
  }, 30_000);

  it('shows the story of a machine, filtered by the server', async () => {
    expect(await mw('machine history r1 --kind event,Phase --kind power --severity warning --since 2h')).toBe(
      'ok',
    );
    expect(asked).toEqual([
      {
        path: '/api/v1/history/machines/r1/timeline',
        query: {
          kind: 'Event,Phase,Power',
          severity: 'Warning',
          since: '2026-11-20T10:00:00.000Z',
          limit: '100',
        },
        authorization: 'Bearer from-environment',
      },
    ]);
    const [head, row] = out.split('\n');
    expect(head).toMatch(/^TIME +TYPE +KIND +REASON +MESSAGE$/);
    expect(row).toMatch(/^2026-11-20T10:00:00Z +Warning +Event +R1 +no answer \(3 times\)$/);
  });

  it.each([
    ['history search bmc timeout', '/api/v1/search', { q: 'bmc timeout' }],
    ['history audit --user ann -n web', '/api/v1/history/audit', { user: 'ann', namespace: 'web' }],
    ['history allocations --machine r1', '/api/v1/history/allocations', { machine: 'r1' }],
  ])('%s asks %s', async (line, path, query) => {
    expect(await mw(line)).toBe('ok');
    expect(asked).toMatchObject([{ path, query: { ...query, limit: '100' } }]);
    expect(out).not.toBe('');
  });

  it('follows pages up to --limit, and says when there is more', async () => {
    answer = ({ query }) => {
      const from = Number(query.cursor ?? '0');
      const to = from + Number(query.limit);
      const items = Array.from({ length: to - from }, (_, n) => item(from + n));
      return { status: 200, body: { items, next: String(to) } };
    };
    expect(await mw('history search x --limit 1200 -o json')).toBe('ok');
    expect(asked.map(({ query }) => [query.cursor, query.limit])).toEqual([
      [undefined, '500'],
      ['500', '500'],
      ['1000', '200'],
    ]);
    const { items } = JSON.parse(out);
    expect(items).toHaveLength(1200);
    expect(items.at(-1)).toEqual(item(1199));
    expect(err).toContain('--limit 12000');
  });

  it('takes the token of a file before that of the environment, and that of the kubeconfig last', async () => {
    credentials = { server: '', headers: { Authorization: 'Bearer of-kubeconfig' }, tls: {} };
    await mw('history search x --token-file token');
    rest = {};
    await mw(`history search x --server ${url}/`);
    expect(asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer from-file',
      'Bearer of-kubeconfig',
    ]);
  });

  it.each<[string, Credentials | undefined, string]>([
    ['a client certificate', { server: '', headers: {}, tls: { cert: 'x' } }, 'kubectl create token'],
    [
      'a password',
      { server: '', headers: { Authorization: 'Basic eDp5' }, tls: {} },
      'the user of the kubeconfig has no token',
    ],
    [
      'an impersonated user',
      { server: '', headers: { Authorization: 'Bearer x', 'Impersonate-User': 'ann' }, tls: {} },
      'impersonates a user',
    ],
  ])('sends nothing for %s', async (_, given, words) => {
    rest = { server: url };
    credentials = given;
    expect(await mw('history search x')).toBe('usage');
    expect(err).toContain(words);
    expect(err).toContain('--token-file FILE');
    expect(asked).toEqual([]);
  });

  it.each([
    ['machine history r1 --kind Boot', 'of Event, Step'],
    ['machine history r1 --severity Error', 'of Normal, Warning'],
    ['history search x --limit 0', '--limit 0'],
    ['history search x --since soon', '--since soon'],
    ['history search x -o name', 'no such format'],
    ['history search x --server metalwright.example', 'no URL of a server'],
    ['history search x --server http://metalwright.example', 'has no TLS'],
    ['history search x --server https://a:b@metalwright.example', 'has a user in it'],
    ['history search x --token-file empty', 'has no token'],
    ['history search x --token-file gone', 'cannot be read'],
    ['history search x --server https://127.0.0.1:1 --server-ca token', 'has no certificate'],
  ])('%s is wrong, and nothing is sent', async (line, words) => {
    expect(await mw(line)).toBe('usage');
    expect(err).toContain(words);
    expect(asked).toEqual([]);
  });

  it('needs to know where the server is', async () => {
    rest = { token: 'x' };
    expect(await mw('history search x')).toBe('usage');
    expect(err).toContain('METALWRIGHT_SERVER');
  });

  it.each<[string, Answered, string, string]>([
    ['no history', problem('HistoryUnavailable', 503), 'failed', 'METALWRIGHT_HISTORY=true'],
    [
      'a database that is away',
      { ...problem('HistoryUnavailable', 503), headers: { 'retry-after': '5' } },
      'failed',
      'repeat in a while',
    ],
    ['an old token', problem('Unauthenticated', 401), 'failed', 'kubectl create token'],
    ['no right', problem('Forbidden', 403), 'refused', 'ask for a role'],
    ['nothing', problem('NotFound', 404), 'notFound', 'detail of NotFound'],
    [
      'a wrong query',
      problem('BadRequest', 400, { errors: [{ field: 'query.q', message: 'too long' }] }),
      'refused',
      'query.q: too long',
    ],
    ['a failure', problem('Internal', 500, { requestId: 'q-7' }), 'failed', 'q-7'],
    ['a login page', { status: 200, body: '<html>' }, 'failed', 'is the URL right'],
    ['a redirection', { status: 302, body: '', headers: { location: '/x' } }, 'failed', 'answers 302'],
    ['no list', { status: 200, body: { kind: 'Status' } }, 'failed', 'is no list'],
  ])('says what %s means', async (_, given, exit, words) => {
    answer = () => given;
    expect(await mw('history search x')).toBe(exit);
    expect(err).toContain(words);
    expect(out).toBe('');
  });

  it('says when nobody is there', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    expect(await mw(`history search x --server http://127.0.0.1:${port}`)).toBe('failed');
    expect(err).toContain('is the server up');
  });

  it('shows nothing as nothing, and exits well', async () => {
    answer = () => ({ status: 200, body: { items: [] } });
    expect(await mw('machine history r1')).toBe('ok');
    expect([out, err]).toEqual(['', 'No history found.\n']);
  });

  it('knows the kinds that the store has', () => {
    expect(timelineKinds).toEqual(kindsOfTheStore);
  });
});

describe('--since', () => {
  it.each([
    ['90m', '2026-11-20T10:30:00.000Z'],
    ['7d', '2026-11-13T12:00:00.000Z'],
    ['2026-11-20T12:00:00+02:00', '2026-11-20T10:00:00.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(sinceOf(text, now)).toBe(moment);
  });

  it.each(['yesterday', '2026-11-20', '2026-13-20T10:00:00Z', '99999999d'])('%s is refused', (text) => {
    expect(() => sinceOf(text, now)).toThrow('is no time');
  });
});
