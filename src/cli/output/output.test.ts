import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../errors/decode-error.ts';
import { kinds } from '../kinds.ts';
import { age, parseDuration } from './age.ts';
import { tableOf } from './columns.ts';
import { parseFormat, renderObjects } from './format.ts';
import { template } from './jsonpath.ts';
import { parseBytes } from './quantity.ts';
import { layOut } from './table.ts';

const machine = {
  apiVersion: 'metalwright.dev/v1alpha1',
  kind: 'Machine',
  metadata: {
    name: 'r1',
    labels: { 'a.b/c': 'd' },
    managedFields: [{}],
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: { macAddresses: ['m1', 'm2', 'm3'], cores: 8, on: true },
  status: {
    phase: 'Ready',
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Late', status: 'False' },
    ],
  },
};
const list = { kind: 'List', items: [machine, { ...machine, metadata: { name: 'r2' } }] };

describe('a JSONPath template', () => {
  it.each([
    ['a member', '{.metadata.name}', machine, 'r1'],
    ['a member without braces', 'metadata.name', machine, 'r1'],
    ['a path without braces', '.spec.cores', machine, '8'],
    ['a member that is not there', '{.a.b.c}', machine, ''],
    ['an object as JSON', '{.metadata.labels}', machine, '{"a.b/c":"d"}'],
    ['a name with dots, escaped', '{.metadata.labels.a\\.b/c}', machine, 'd'],
    ['a name in quotes', "{.metadata.labels['a.b/c']}", machine, 'd'],
    ['an index', '{.spec.macAddresses[1]}', machine, 'm2'],
    ['an index from the end', '{.spec.macAddresses[-1]}', machine, 'm3'],
    ['some indexes', '{.spec.macAddresses[0,2]}', machine, 'm1 m3'],
    ['a slice', '{.spec.macAddresses[1:]}', machine, 'm2 m3'],
    ['a slice with a step', '{.spec.macAddresses[::2]}', machine, 'm1 m3'],
    ['all', '{.spec.macAddresses[*]}', machine, 'm1 m2 m3'],
    ['a filter by a text', '{.status.conditions[?(@.type=="Ready")].status}', machine, 'True'],
    ['a filter by what is not', '{.status.conditions[?(@.type!="Ready")].type}', machine, 'Late'],
    ['a filter by a number', '{.items[?(@.spec.cores>7)].metadata.name}', list, 'r1 r2'],
    ['a filter that nothing passes', '{.items[?(@.spec.cores<8)].metadata.name}', list, ''],
    ['a filter by being there', '{.items[?(@.metadata.labels)].metadata.name}', list, 'r1'],
    ['a filter by a flag', '{.items[?(@.spec.on==true)].metadata.name}', list, 'r1 r2'],
    ['a deep member', '{..name}', { a: { name: 'x' }, name: 'y' }, 'y x'],
    ['text around it', 'name: {.metadata.name}!', machine, 'name: r1!'],
    ['quoted text', '{.metadata.name}{"\\t"}{.spec.cores}{"\\n"}', machine, 'r1\t8\n'],
    ['a range', '{range .items[*]}{.metadata.name}{"\\n"}{end}', list, 'r1\nr2\n'],
    [
      'a range in a range',
      '{range .items[*]}{range .spec.macAddresses[*]}{@},{end};{end}',
      list,
      'm1,m2,m3,;m1,m2,m3,;',
    ],
    ['a brace in a quoted text', '{"{}"}', machine, '{}'],
  ])('fills in %s', (_, text, value, filled) => {
    expect(template(text)(value)).toBe(filled);
  });

  it.each([
    '{.a',
    '{range .a}',
    '{end}',
    '{.a[}',
    '{.a[x]}',
    '{.a[?(x==1)]}',
    '{.a[?(@.b==c)]}',
    '{"a}',
    '{.a b}',
  ])('refuses %s', (text) => {
    expect(() => template(text)).toThrow(DecodeError);
  });
});

describe('a format', () => {
  it.each(['tables', 'json=x', 'jsonpath', 'jsonpath={.a', ''])('refuses -o %s', (text) => {
    expect(() => parseFormat(text)).toThrow(expect.objectContaining({ code: 'usage' }));
  });

  it('renders without managed fields, one object alone and several as a list', async () => {
    expect(JSON.parse(await renderObjects([machine], { kind: 'json' }, true))).not.toHaveProperty(
      'metadata.managedFields',
    );
    expect(JSON.parse(await renderObjects([machine], { kind: 'json' }, false))).toMatchObject({
      kind: 'List',
      items: [{}],
    });
    expect(await renderObjects([machine, machine], { kind: 'name' }, false)).toBe(
      'machine.metalwright.dev/r1\n'.repeat(2),
    );
    expect(await renderObjects([machine], { kind: 'yaml' }, true)).toContain('phase: Ready\n');
  });
});

describe('a table', () => {
  const plain = { columns: undefined, colour: false };

  it('has the printer columns of the kind, the age from the clock', () => {
    const { headings, row } = tableOf(kinds.Machine, false, false);
    const cells = row(machine, Date.parse('2026-01-01T00:05:00Z'));
    expect(Object.fromEntries(headings.map((heading, index) => [heading, cells[index]]))).toMatchObject({
      Name: 'r1',
      Phase: 'Ready',
      Ready: 'True',
      Power: '',
      Age: '5m',
    });
    expect(tableOf(kinds.Machine, true, false).headings).toContain('Vendor');
  });

  it('lays columns out, without blanks at the end', () => {
    expect(
      layOut(
        ['Name', 'Phase'],
        [
          ['a', 'Ready'],
          ['longer', ''],
        ],
        plain,
      ),
    ).toBe('NAME     PHASE\na        Ready\nlonger\n');
  });

  it('cuts lines where the terminal ends', () => {
    const narrow = layOut(['Name', 'Message'], [['a', 'a long message']], { columns: 12, colour: false });
    expect(narrow).toBe('NAME   MESS…\na      a lo…\n');
  });

  it('paints phases where there is colour, and shows no control characters', () => {
    const text = layOut(['Name', 'Phase'], [['a\u001b[31m', 'Broken']], { columns: undefined, colour: true });
    expect(text).toContain('\u001b[31mBroken\u001b[0m');
    expect(text).toContain('a?[31m');
  });
});

describe('lengths and amounts', () => {
  it.each([
    [-5, '0s'],
    [119_000, '119s'],
    [150_000, '2m30s'],
    [600_000, '10m'],
    [3 * 3_600_000, '3h'],
    [26 * 3_600_000, '26h'],
    [3 * 86_400_000, '3d'],
    [400 * 86_400_000, '400d'],
  ])('an age of %d ms is %s', (ms, text) => {
    expect(age(ms)).toBe(text);
  });

  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['0', 0],
    ['5', undefined],
    ['1w', undefined],
    ['-5s', undefined],
  ])('%s is a duration of %s ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    ['32Gi', 32 * 2 ** 30],
    ['500GB', 5e11],
    ['1.5T', 1.5e12],
    ['7', 7],
    ['7X', undefined],
    ['', undefined],
  ])('%s is %s bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });
});
