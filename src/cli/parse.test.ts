import { describe, expect, it } from 'vitest';
import { commands } from './commands/table.ts';
import { wanted } from './completion/complete.ts';
import { CliError } from './errors.ts';
import { parseCommandLine } from './parse.ts';

const parse = (line: string) =>
  parseCommandLine(
    line.split(' ').filter((word) => word !== ''),
    commands,
  );

describe('a command line', () => {
  it.each([
    ['machine list', ['machine', 'list'], [], {}],
    ['machine power on r1 --wait', ['machine', 'power', 'on'], ['r1'], { wait: ['true'] }],
    ['-n ns allocation show a', ['allocation', 'show'], ['a'], { namespace: ['ns'] }],
    [
      'allocation --context=c list -A',
      ['allocation', 'list'],
      [],
      { context: ['c'], 'all-namespaces': ['true'] },
    ],
    ['machine approve a b c', ['machine', 'approve'], ['a', 'b', 'c'], {}],
    ['machine show -- -x', ['machine', 'show'], ['-x'], {}],
    ['allocate --image i --tag a --tag b', ['allocate'], [], { image: ['i'], tag: ['a', 'b'] }],
    ['events', ['events'], [], {}],
    ['events -f machine', ['events'], ['machine'], { follow: ['true'] }],
    ['machine show list', ['machine', 'show'], ['list'], {}],
  ])('%s is understood', (line, path, words, options) => {
    expect(parse(line)).toMatchObject({
      kind: 'Run',
      invocation: {
        command: { path },
        arguments: words,
        options: new Map(Object.entries(options)),
        manifest: false,
      },
    });
  });

  it('is a manifest after that word', () => {
    expect(parse('manifest machine lock r1')).toMatchObject({ kind: 'Run', invocation: { manifest: true } });
  });

  it.each([
    ['', []],
    ['--help', []],
    ['machine', ['machine']],
    ['machine power', ['machine', 'power']],
    ['machine list -h', ['machine', 'list']],
    ['manifest', ['manifest']],
    ['manifest allocate --help', ['allocate']],
  ])('"%s" asks for help', (line, path) => {
    expect(parse(line)).toEqual({ kind: 'Help', path });
  });

  it.each([
    ['machne list', 'did you mean "mw machine"?'],
    ['machine lst', 'did you mean "mw machine list"?'],
    ['machine power of r1', 'did you mean "mw machine power off"?'],
    ['machine list --wach', 'did you mean --watch?'],
    ['machine show', 'for example|undefined'],
    ['machine show a b', 'see "mw machine show --help"'],
    ['machine list -o', 'lists the options'],
    ['machine list -o json -o yaml', 'undefined'],
    ['manifest machine list', 'undefined'],
    ['frobnicate', '"mw --help" lists them'],
  ])('%s is refused, with a hint', (line, hint) => {
    let thrown: unknown;
    try {
      parse(line);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CliError);
    const error = thrown instanceof CliError ? thrown : undefined;
    expect(error?.code).toBe('usage');
    expect(String(error?.hint)).toMatch(new RegExp(hint.replace(/[?"]/g, '.')));
  });
});

describe('completion', () => {
  const words = (line: string): unknown => wanted(line.split(' '), commands);

  it.each<[string, unknown]>([
    ['machine power ', { kind: 'Words', words: ['on', 'off', 'cycle', 'status'] }],
    ['machine show ', { kind: 'Names', of: 'Machine', namespace: undefined }],
    ['machine approve a ', { kind: 'Names', of: 'Machine', namespace: undefined }],
    ['-n ns allocation show ', { kind: 'Names', of: 'Allocation', namespace: 'ns' }],
    ['machine show a ', { kind: 'Words', words: [] }],
    ['machine import csv ', { kind: 'File' }],
    ['allocate --ssh-key ', { kind: 'File' }],
    ['allocate --image ', { kind: 'Names', of: 'BootImage', namespace: undefined }],
    ['manifest machine ', { kind: 'Words', words: expect.not.arrayContaining(['list']) }],
    ['machine list --', { kind: 'Words', words: expect.arrayContaining(['--watch', '--output']) }],
  ])('offers what may follow "%s"', (line, what) => {
    expect(words(line)).toEqual(what);
  });
});
