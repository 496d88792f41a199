import { QueryClient } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import { aMachine } from '../../testing/machine.ts';
import { applyChanges } from './apply.ts';
import { concerns, isNewer, latestOfEach, mayMove, type ObjectChange, patchItems } from './change.ts';

const change = (type: ObjectChange['type'], name: string, version: string): ObjectChange => ({
  type,
  noun: 'machines',
  object: aMachine(name, { version }),
});

describe('versions', () => {
  it.each([
    ['10', '9', true],
    ['9', '10', false],
    ['10', '10', false],
    ['a', '10', true],
    ['', '10', true],
  ])('%s is newer than %s: %s', (a, b, newer) =>
    expect(isNewer(aMachine('m', { version: a }), aMachine('m', { version: b }))).toBe(newer),
  );
});

describe('a list', () => {
  const items = [aMachine('a', { version: '5' }), aMachine('b', { version: '5' })];

  it('takes newer versions of what it has', () => {
    const patched = patchItems(items, [change('modified', 'b', '6')]);
    expect(patched.map(({ metadata }) => metadata.resourceVersion)).toEqual(['5', '6']);
  });

  it.each([
    ['older versions', change('modified', 'b', '4')],
    ['what it does not have', change('added', 'c', '9')],
    ['what it does not have going', change('deleted', 'c', '9')],
  ])('is the same list after %s', (_, each) => expect(patchItems(items, [each])).toBe(items));

  it('loses what is deleted', () => {
    expect(patchItems(items, [change('deleted', 'a', '6')]).map(({ metadata }) => metadata.name)).toEqual([
      'b',
    ]);
  });

  it('keeps what it knows when an object has another namespace', () => {
    const foreign = { ...change('deleted', 'a', '6'), object: { metadata: { name: 'a', namespace: 'x' } } };
    expect(patchItems(items, [foreign])).toBe(items);
  });
});

describe('changes that come together', () => {
  it('are one for each object, the last', () => {
    const latest = latestOfEach([
      change('added', 'a', '1'),
      change('added', 'b', '2'),
      change('deleted', 'a', '3'),
    ]);
    expect(latest.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual([
      'added b',
      'deleted a',
    ]);
  });

  it('are put into pages, whole lists and objects', () => {
    const client = new QueryClient();
    const [a, b] = [aMachine('a', { version: '1' }), aMachine('b', { version: '1' })];
    client.setQueryData(['pages', 'machines', {}], {
      pages: [
        { items: [a], total: 2 },
        { items: [b], total: 2 },
      ],
      pageParams: ['', 'x'],
    });
    client.setQueryData(['all', 'machines', {}], [a, b]);
    client.setQueryData(['object', 'machines', '', 'a'], a);
    client.setQueryData(['all', 'zones', {}], [a]);
    applyChanges(client, [change('modified', 'a', '2'), change('deleted', 'b', '2')]);
    expect(client.getQueryData(['pages', 'machines', {}])).toMatchObject({
      pages: [
        { items: [{ metadata: { resourceVersion: '2' } }], total: 1 },
        { items: [], total: 1 },
      ],
    });
    expect(client.getQueryData(['all', 'machines', {}])).toMatchObject([
      { metadata: { name: 'a', resourceVersion: '2' } },
    ]);
    expect(client.getQueryData(['object', 'machines', '', 'a'])).toMatchObject({
      metadata: { resourceVersion: '2' },
    });
    expect(client.getQueryData(['all', 'zones', {}])).toEqual([a]);
  });
});

describe('a list is asked for anew', () => {
  it.each([
    ['by name, when an object came', { sort: 'metadata.name' }, true, true],
    ['by name, when an object changed', { sort: 'metadata.name', limit: 100 }, false, false],
    ['without parameters', {}, false, false],
    ['of counts', undefined, false, true],
    ['by another field', { sort: '-spec.pool,metadata.name' }, false, true],
    ['with a filter', { fieldSelector: 'status.phase=Ready' }, false, true],
    ['whose filter is undefined', { q: undefined, namespace: undefined }, false, false],
  ])('%s: %o %s %s', (_, parameters, cameOrWent, moves) =>
    expect(mayMove(parameters, cameOrWent)).toBe(moves),
  );
});

describe('a query is of a kind', () => {
  it.each([
    ['that its key names second', ['all', 'racks', {}], true],
    ['of another not', ['all', 'zones', {}], false],
    ['when it is made of several', ['derived', ['machines', 'racks'], 'overview'], true],
    ['when none of several is it, not', ['derived', ['machines'], 'overview'], false],
    ['by its first place, not', ['racks'], false],
  ])('%s', (_, queryKey, is) => expect(concerns(queryKey, new Set(['racks']))).toBe(is));
});
