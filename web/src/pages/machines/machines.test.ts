import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMachine } from '../../testing/machine.ts';
import { filterParameters, formatFilter, parseFilter, termOf, withTerm } from './filter.ts';
import { layOut, moveFocus } from './lay-out.ts';
import { defaultSort, listParameters, nextSort, readView, writeView } from './view.ts';

describe('a filter', () => {
  it.each([
    ['nothing', '', {}],
    ['free words', 'rack1 dell', { q: 'rack1 dell' }],
    ['a field', 'phase:Ready', { fieldSelector: 'status.phase=Ready' }],
    ['fields', 'pool:gpu -zone:a', { fieldSelector: 'spec.pool=gpu,spec.zone!=a' }],
    ['any field of the resource', 'spec.bmc.driver:redfish', { fieldSelector: 'spec.bmc.driver=redfish' }],
    ['a MAC address, which is free text', '52:54:00:aa:bb:cc', { q: '52:54:00:aa:bb:cc' }],
    ['an address with a port', 'host:8080', { q: 'host:8080' }],
    ['labels', 'label:rack=a label:gpu', { labelSelector: 'rack=a,gpu' }],
    ['labels that are not', '-label:rack=a -label:gpu', { labelSelector: 'rack!=a,!gpu' }],
    ['a value with blanks', 'vendor:"Dell Inc."', { fieldSelector: 'status.hardware.vendor=Dell Inc.' }],
    ['a term that is not written to its end', 'phase:', {}],
    ['a comma, which would begin another term', 'pool:a,b=c', { fieldSelector: 'spec.pool=ab=c' }],
    ['a field that every object has', 'constructor:x', { q: 'constructor:x' }],
  ])('of %s', (_, text, parameters) => expect(filterParameters(text)).toEqual(parameters));

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const terms = parseFilter(text);
        expect(parseFilter(formatFilter(terms))).toEqual(terms.filter(({ key, value }) => key ?? value));
      }),
    );
  });

  it('has a field set, changed and taken away', () => {
    expect(withTerm('dell', 'phase', 'Ready')).toBe('dell phase:Ready');
    expect(withTerm('phase:New dell', 'phase', 'Ready')).toBe('dell phase:Ready');
    expect(withTerm('phase:New dell', 'phase', undefined)).toBe('dell');
    expect(termOf('phase:New', 'phase')).toBe('New');
    expect(termOf('-phase:New', 'phase')).toBeUndefined();
  });
});

describe('a view', () => {
  it('is what the address says, and nothing else', () => {
    expect(readView({})).toEqual({ filter: '', group: 'none', sort: defaultSort });
    expect(readView({ group: 'constructor', sort: 'a,b' })).toEqual({
      filter: '',
      group: 'none',
      sort: defaultSort,
    });
    const view = { filter: 'x', group: 'phase', sort: '-spec.pool' } as const;
    expect(readView(writeView(view))).toEqual(view);
    expect(writeView(readView({}))).toEqual({});
  });

  it.each([
    ['none', defaultSort, 'metadata.name'],
    ['phase', defaultSort, 'status.phase,metadata.name'],
    ['pool', '-spec.pool', 'spec.pool,metadata.name'],
    ['zone', '-status.hardware.cores', 'spec.zone,-status.hardware.cores,metadata.name'],
  ] as const)('grouped by %s and sorted by %s asks for %s', (group, sort, asked) =>
    expect(listParameters({ filter: '', group, sort }).sort).toBe(asked),
  );

  it('is sorted by a column up, down and not', () => {
    expect(nextSort(defaultSort, 'spec.pool')).toBe('spec.pool');
    expect(nextSort('spec.pool', 'spec.pool')).toBe('-spec.pool');
    expect(nextSort('-spec.pool', 'spec.pool')).toBe(defaultSort);
  });
});

describe('the lines of the list', () => {
  const machines = [
    aMachine('a', { spec: { pool: 'x' } }),
    aMachine('b', { spec: { pool: 'x' } }),
    aMachine('c', { spec: { pool: 'y' } }),
  ];
  const grouped = layOut(machines, 'pool');

  it('have a heading before each group', () => {
    expect(grouped.map(({ key }) => key)).toEqual(['group x', 'a', 'b', 'group y', 'c']);
    expect(layOut(machines, 'none').map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['ArrowDown', 2, 4],
    ['ArrowUp', 4, 2],
    ['ArrowUp', 1, 1],
    ['ArrowDown', 4, 4],
    ['Home', 4, 1],
    ['End', 1, 4],
    ['PageDown', 1, 4],
    ['x', 1, undefined],
  ])('%s from %d goes to %s', (key, from, to) => expect(moveFocus(grouped, from, key, 2)).toBe(to));

  it('have nowhere to go when there is none', () => expect(moveFocus([], 0, 'ArrowDown', 2)).toBeUndefined());
});
