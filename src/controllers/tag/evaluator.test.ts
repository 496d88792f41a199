import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { machineInventoryKind } from '../../api/machine-inventory/schema.ts';
import { apiVersion } from '../../api/meta.ts';
import type { TagObject } from '../../api/tag/schema.ts';
import { createTagEvaluator, type TagEvaluator } from './evaluator.ts';

const example = join(import.meta.dirname, '../../../docs/examples/machineinventory.yaml');
const inventory = machineInventoryKind.parse(parse(readFileSync(example, 'utf8')));

function aTag(name: string, expression: string | undefined): TagObject {
  return {
    apiVersion,
    kind: 'Tag',
    metadata: { name },
    spec: expression === undefined ? {} : { expression },
  };
}

function evaluate(evaluator: TagEvaluator, tags: TagObject[], machine = 'm'): string[] {
  return evaluator.evaluate(aMachine({ name: machine }), inventory, tags);
}

const large = aTag('large', 'inventory.memory.totalMiB >= 1024');
/** A thousand million steps and more. */
const words = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const list = `[${Array.from({ length: 30 }, (_, n) => n).join(',')}]`;
const endless = aTag(
  'endless',
  words.reduce((inner, word) => `${list}.all(${word}, ${inner})`, 'true'),
);

describe('tags by expression', () => {
  it('are those whose expression is true, by name', () => {
    const tags = [large, aTag('a', 'true'), aTag('none', 'false'), aTag('by-hand', undefined)];
    expect(evaluate(createTagEvaluator(), tags)).toEqual(['a', 'large']);
  });

  it('are not harmed by one that throws, that is wrong, or that never ends', () => {
    const evaluator = createTagEvaluator({ togetherMs: 30, aloneMs: 30 });
    const slow = aTag('slow', `"${'a'.repeat(60)}b".matches("^(a+)+$")`);
    const throwing = aTag('throwing', 'machine.labels["none"] == "x"');
    const wrong = aTag('wrong', 'inventory.memory > ');
    const tags = [slow, throwing, wrong, large];
    const told: string[] = [];
    evaluator.onChange((tag) => told.push(tag));
    for (let time = 0; time < 3; time++) expect(evaluate(evaluator, tags)).toEqual(['large']);
    expect(evaluator.health(slow)).toEqual({ kind: 'TooSlow' });
    expect(evaluator.health(wrong)).toMatchObject({ kind: 'Invalid' });
    expect(evaluator.health(throwing)).toMatchObject({ kind: 'Works', failures: 1 });
    expect(evaluator.health(large)).toEqual({ kind: 'Works', failures: 0 });
    expect(new Set(told)).toEqual(new Set(['slow', 'throwing']));
  });

  it('that never end by their loops are broken off, or refused for their size', () => {
    const evaluator = createTagEvaluator({ togetherMs: 30, aloneMs: 30 });
    for (let time = 0; time < 3; time++) expect(evaluate(evaluator, [endless, large])).toEqual(['large']);
    expect(evaluator.health(endless).kind).not.toBe('Works');
  });

  it('get another chance when they are changed', () => {
    const evaluator = createTagEvaluator({
      within(work) {
        work();
        return false;
      },
    });
    for (let time = 0; time < 3; time++) evaluate(evaluator, [large]);
    expect(evaluator.health(large)).toEqual({ kind: 'TooSlow' });
    expect(evaluate(evaluator, [large])).toEqual([]);
    const better = aTag('large', 'inventory.memory.totalMiB >= 512');
    expect(evaluator.health(better)).toEqual({ kind: 'Works', failures: 0 });
    expect(evaluate(evaluator, [better])).toEqual(['large']);
  });

  it('are worked out anew when the inventory, the machine or an expression changes, and only then', () => {
    let runs = 0;
    const evaluator = createTagEvaluator({
      within(work) {
        runs++;
        work();
        return true;
      },
    });
    const machine = aMachine({ name: 'm' });
    const again = { ...machine, status: { phase: 'Ready' as const } };
    expect(evaluator.evaluate(machine, inventory, [large])).toEqual(['large']);
    expect(evaluator.evaluate(again, inventory, [large])).toEqual(['large']);
    expect(runs).toBe(1);
    const { memory } = inventory.hardware;
    const small = { ...inventory, hardware: { ...inventory.hardware, memory: { ...memory, totalMiB: 1 } } };
    expect(evaluator.evaluate(again, small, [large])).toEqual([]);
    const edited = { ...again, metadata: { ...again.metadata, generation: 2 } };
    evaluator.evaluate(edited, small, [large]);
    const labelled = { ...edited, metadata: { ...edited.metadata, labels: { row: '7' } } };
    evaluator.evaluate(labelled, small, [large]);
    evaluator.evaluate(labelled, small, [large, aTag('a', 'true')]);
    expect(runs).toBe(5);
  });

  it('forget a machine that is gone', () => {
    const evaluator = createTagEvaluator();
    const throwing = aTag('throwing', 'machine.labels["none"] == "x"');
    evaluate(evaluator, [throwing], 'gone');
    evaluator.forgetMachine('gone');
    expect(evaluator.health(throwing)).toEqual({ kind: 'Works', failures: 0 });
  });
});
