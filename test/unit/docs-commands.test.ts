import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorConfiguration } from '../../src/config/operator.ts';
import { RackConfiguration } from '../../src/config/rack.ts';
import { ServerConfiguration } from '../../src/config/server.ts';
import { startTestServer, type TestServer } from '../../src/server/testing/server.ts';
import {
  type Complaint,
  curlComplaint,
  devComplaint,
  helmComplaint,
  kubectlComplaint,
  mentionComplaint,
  mwComplaint,
  nodeComplaint,
  operationComplaint,
  type Paths,
} from './docs-rules.ts';
import {
  commandsOf,
  type DocumentedCommand,
  fencedBlocks,
  inlineCommands,
  parseShell,
} from './docs-shell.ts';

const repository = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const pages = [...globSync('docs/**/*.md', { cwd: repository }), 'README.md', 'CONTRIBUTING.md'].sort();
const blocks = pages.flatMap((page) => fencedBlocks(page, read(page)));

/** Programs that others wrote, beside kubectl, helm and curl: what runs the commands that are on pages, or why nothing does. */
const others: readonly { programs: readonly string[]; why: string }[] = [
  { programs: ['virsh', 'ssh', 'ssh-keygen', 'grep'], why: 'test/e2e-lifecycle/first-machine.test.ts' },
  { programs: ['cat', 'uname', 'lsblk', 'ip', 'uptime', 'cloud-init'], why: 'lab/demo.ts' },
  {
    programs: ['kill'],
    why: 'of every Linux; on purpose it breaks the laboratory of who reads',
  },
  { programs: ['ssh-keyscan', 'lxc'], why: 'needs hardware: the controller of a chassis, a server of LXD' },
  {
    programs: ['openssl', 'cut', 'tr'],
    why: 'of every Linux; what asks a BMC for its certificate needs hardware',
  },
  {
    programs: ['createdb', 'pg_dump', 'pg_restore'],
    why: "other people's program: of PostgreSQL, for a database of theirs",
  },
  {
    programs: ['jq', 'stat', 'install', 'ln', 'tee', 'cp', 'tar', 'true', 'sysctl'],
    why: "other people's program: of every Linux",
  },
];

/** Addresses of curl that are not of the REST API. */
const elsewhere = ['http://127.0.0.1:7481/leases'];

/** Variables that programs read, and those that a page makes for itself. */
const variables = new Set([
  ...[OperatorConfiguration, RackConfiguration, ServerConfiguration].flatMap((schema) =>
    Object.keys(schema.in.shape),
  ),
  ...['METALWRIGHT_SERVER', 'METALWRIGHT_TOKEN', 'KUBECONFIG', 'ETAG', 'ID', 'FILE', 'machine'],
]);

describe('the commands of the documentation', () => {
  const fenced = blocks.flatMap(commandsOf);
  const inline = pages.flatMap((page) =>
    inlineCommands(page, read(page), ['./dev', 'mw', 'node', 'npm run', 'helm']),
  );
  const isExcused = ({ comment }: DocumentedCommand): boolean => comment.startsWith('marked: needs ');
  let server: TestServer;
  let paths: Paths;

  beforeAll(async () => {
    server = await startTestServer();
    const headers = { authorization: 'Bearer admin' };
    const answer = await server.app.inject({ url: '/api/v1/openapi.json', headers });
    paths = JSON.parse(answer.body).paths;
  });
  afterAll(() => server.stop());

  function complaintOf({ words, assignments, isInline }: DocumentedCommand): Complaint {
    const stranger = assignments.map((one) => one.split('=')[0] ?? '').find((name) => !variables.has(name));
    if (stranger !== undefined) return `nothing reads ${stranger}`;
    const [program = '', ...rest] = words;
    if (program === '') return undefined;
    if (program === 'mw') return isInline ? mentionComplaint(rest) : mwComplaint(rest);
    if (program === './dev') return devComplaint(rest);
    if (program === 'kubectl') return kubectlComplaint(rest);
    if (program === 'helm') return helmComplaint(rest);
    if (program === 'curl') return curlComplaint(rest, paths, elsewhere);
    if (program === 'node' || program === 'npm') return nodeComplaint(program, rest);
    return others.some(({ programs }) => programs.includes(program))
      ? undefined
      : `who knows ${program}? Name its test in ${import.meta.filename.split('/').at(-1)}`;
  }
  const complaints = (commands: readonly DocumentedCommand[]): string[] =>
    commands.flatMap((command) => {
      const complaint = isExcused(command) ? undefined : complaintOf(command);
      return complaint === undefined ? [] : [`${command.page}: ${command.words.join(' ')}: ${complaint}`];
    });

  it('are found', () => {
    expect(fenced.length).toBeGreaterThan(150);
    expect(inline.length).toBeGreaterThan(20);
  });

  it.each(pages)('of %s are ones that there are', (page) => {
    expect(complaints(fenced.filter((command) => command.page === page))).toEqual([]);
  });

  it.each(pages)('within the text of %s are ones that there are', (page) => {
    expect(complaints(inline.filter((command) => command.page === page))).toEqual([]);
  });

  it('that are written as HTTP are operations of the REST API', () => {
    const requests = blocks
      .filter(({ language }) => language === 'http')
      .flatMap(({ page, text }) => {
        const [, method = '', address = ''] = /^([A-Z]+) (\/api\/\S+)/.exec(text) ?? [];
        return method === '' ? [] : [{ page, method, address }];
      });
    expect(requests.length).toBeGreaterThan(0);
    const wrong = requests.map(({ page, method, address }) => {
      const complaint = operationComplaint(method, address, paths);
      return complaint === undefined ? '' : `${page}: ${complaint}`;
    });
    expect(wrong.filter(Boolean)).toEqual([]);
  });

  it('of other people are explained, and nothing is explained that is on no page', () => {
    const used = new Set(fenced.map(({ words }) => words[0]));
    expect(others.flatMap(({ programs }) => programs.filter((program) => !used.has(program)))).toEqual([]);
    const files = others.map(({ why }) => why).filter((why) => /^\S+\.ts$/.test(why));
    expect(files.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
    expect(elsewhere.filter((url) => !fenced.some(({ words }) => words.includes(url)))).toEqual([]);
  });

  it('are in blocks that say what they are', () => {
    const known = ['sh', 'console', 'text', 'yaml', 'json', 'csv', 'http', 'js', 'mermaid'];
    const odd = blocks.filter(({ language }) => !known.includes(language));
    expect(odd.map(({ page, text }) => `${page}: ${text.split('\n')[0]}`)).toEqual([]);
  });
});

describe('what finds a wrong command', () => {
  const paths: Paths = {
    '/api/v1/machines': { get: { parameters: [{ in: 'query', name: 'limit' }] } },
    '/api/v1/machines/{name}': { get: {}, patch: {} },
  };

  it.each<[string, Complaint]>([
    ['mw machine lst', mwComplaint(['machine', 'lst'])],
    ['an option that mw has not', mwComplaint(['machine', 'list', '--fast'])],
    ['an argument that is missing', mwComplaint(['machine', 'show'])],
    ['a command of mw in a sentence', mentionComplaint(['machine', 'lst', '…'])],
    ['a command that ./dev has not', devComplaint(['demos'])],
    ['a suite that there is not', devComplaint(['test', 'all'])],
    ['a benchmark that there is not', devComplaint(['bench', 'none'])],
    ['a command of the lab that there is not', devComplaint(['lab', 'start'])],
    ['a kind that there is not', kubectlComplaint(['get', 'machins'])],
    ['one of several kinds', kubectlComplaint(['get', 'pools,zons'])],
    ['a field that there is not', kubectlComplaint(['get', 'machine', 'a', '-o', 'jsonpath={.status.face}'])],
    ['a field of a list', kubectlComplaint(['get', 'mwm', '-o', 'custom-columns=A:.spec.pool,B:.spec.pol'])],
    [
      'a field within a patch',
      kubectlComplaint(['patch', 'machine', 'a', '-p', '{"spec":{"aproved":true}}']),
    ],
    ['a field to explain', kubectlComplaint(['explain', 'machine.spec.bcm'])],
    [
      'a value that the chart has not',
      helmComplaint(['install', 'a', '--set', 'server.webhook.secretName=a']),
    ],
    ['a chart that there is not', helmComplaint(['install', 'a', 'charts/metal'])],
    ['a path of the REST API', curlComplaint(['$API/api/v1/machine'], paths, [])],
    ['a parameter of the REST API', curlComplaint(['$API/api/v1/machines?size=3'], paths, [])],
    ['a method of the REST API', curlComplaint(['-X', 'DELETE', '$API/api/v1/machines/a'], paths, [])],
    ['a file for node', nodeComplaint('node', ['src/none.ts'])],
    ['a script of npm', nodeComplaint('npm', ['run', 'none'])],
  ])('sees %s', (_, complaint) => {
    expect(complaint).toEqual(expect.any(String));
  });

  it('lets a sentence name a command without what it needs', () => {
    const named = [
      ['machine', 'show'],
      ['manifest', 'COMMAND'],
      ['…', 'list'],
      ['machine', 'list', '-A', '…'],
    ];
    expect(named.map(mentionComplaint)).toEqual(named.map(() => undefined));
    expect(mentionComplaint(['machine', 'list', '--fast'])).toBeDefined();
  });

  it('reads a script as a shell does', () => {
    const script = [
      'A=1 export B',
      'mw list -l "a b" --x=\'c # d\' # marked: needs it',
      'kubectl apply -f - <<YAML > /dev/null 2>&1',
      'kind: A # no command',
      'YAML',
      'one "$(two three | four)" && five \\',
      '  six; sudo seven < eight',
    ].join('\n');
    expect(parseShell(script).map(({ words }) => words)).toEqual([
      ['export', 'B'],
      ['mw', 'list', '-l', 'a b', '--x=c # d'],
      ['kubectl', 'apply', '-f', '-'],
      ['two', 'three'],
      ['four'],
      ['one', '$()'],
      ['five', 'six'],
      ['seven'],
    ]);
    expect(parseShell(script)[1]?.comment).toBe('marked: needs it');
    expect(parseShell('export A=1 B=$(c)').at(-1)).toMatchObject({
      words: [],
      assignments: ['A=1', 'B=$()'],
    });
  });
});
