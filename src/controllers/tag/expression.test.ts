import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { createCompiler, factsOf } from './expression.ts';
import { createWithin } from './within.ts';

const compile = createCompiler();
const example = join(import.meta.dirname, '../../../docs/examples/machineinventory.yaml');
const inventory = machineInventoryKind.parse(parse(readFileSync(example, 'utf8')));
const labels = { 'example.com/row': '7' };
const facts = factsOf(aMachine({ metadata: { labels }, spec: { zone: 'row-7', tags: ['gpu'] } }), inventory);

function answer(expression: string): boolean {
  const compiled = compile(expression);
  if (compiled.kind === 'Invalid') throw new Error(compiled.message);
  return compiled.predicate(facts);
}

describe('an expression', () => {
  it.each([
    ['inventory.memory.totalMiB >= 1024', true],
    ['inventory.memory.totalMiB / 1024 >= 100000', false],
    ['inventory.cpus.exists(cpu, cpu.cores >= 1)', true],
    ['inventory.nics.filter(nic, nic.link).size() >= 1', true],
    ['inventory.nics.exists(nic, has(nic.speedMbps) && nic.speedMbps >= 400000)', false],
    ['inventory.disks.all(disk, disk.kind != "HDD" || disk.sizeBytes > 0)', true],
    ['has(inventory.tpm) && inventory.tpm.version == "7.7"', false],
    ['inventory.firmware.mode in ["UEFI", "BIOS"]', true],
    ['machine.zone == "row-7" && "gpu" in machine.tags', true],
    ['machine.labels["example.com/row"] == "7"', true],
    ['machine.macAddresses.exists(mac, mac.startsWith("52:54:00"))', true],
  ])('%s is %s', (expression, expected) => {
    expect(answer(expression)).toBe(expected);
  });

  it.each([
    ['that ends early', 'inventory.memory.totalMiB >', /./],
    ['with a word that the hardware does not have', 'inventory.memory.total > 3', /total/],
    ['with such a word within a list', 'inventory.nics.exists(nic, nic.speed > 3)', /speed/],
    ['with a variable that there is not', 'node.name == "a"', /node/],
    ['that compares texts with numbers', 'inventory.system.vendor > 3', /./],
    ['that is no question', 'inventory.system.vendor', /string, not a bool/],
    ['with a function that there is not', 'fetch("http://192.0.2.1/")', /fetch/],
    ['of many letters', `true ${'|| true '.repeat(200)}`, /letters/],
    ['of many parts', `true${'||true'.repeat(160)}`, /./],
    ['that is deep', `${'('.repeat(100)}true${')'.repeat(100)}`, /./],
    ['that gets at the engine', 'inventory.constructor.constructor("return 1")() == 1', /./],
  ])('%s is refused', (_, expression, message) => {
    const compiled = compile(expression);
    expect(compiled.kind).toBe('Invalid');
    expect('message' in compiled ? compiled.message : '').toMatch(message);
  });

  it('about a member that this machine does not have throws', () => {
    expect(() => answer('machine.labels["no"] == "x"')).toThrow();
  });
});

describe('the expressions on the pages', () => {
  const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
  const rows = [...read('docs/guides/tags.md').matchAll(/^\| [^|]+ \| `([^`]+[=><)][^`]*)` \|$/gm)];
  const manifests = ['docs/guides/tags.md', 'docs/examples/tag.yaml'].flatMap((page) => [
    ...read(page).matchAll(/^ *expression: (.+)$/gm),
  ]);
  const all = [...rows, ...manifests].map(([, expression = '']) => expression);

  it('are found', () => {
    expect(all.length).toBeGreaterThan(8);
  });

  it.each(all)('are right: %s', (expression) => {
    expect(compile(expression)).toMatchObject({ kind: 'Predicate' });
  });
});

describe('what takes too long', () => {
  const within = createWithin();

  it.each<[string, () => void]>([
    ['a regular expression that backtracks', () => /^(a+)+$/.test(`${'a'.repeat(40)}b`)],
    [
      'a loop',
      () => {
        for (;;);
      },
    ],
  ])('is broken off: %s', (_, work) => {
    expect(within(work, 20)).toBe(false);
  });

  it('does not keep the next from its answer, and throws what it throws', () => {
    expect(within(() => {}, 1_000)).toBe(true);
    expect(() => within(() => JSON.parse('{'), 1_000)).toThrow(SyntaxError);
  });
});
