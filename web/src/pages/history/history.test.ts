import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../api/problem.ts';
import { stretchOf } from './period.ts';
import { type AuditItem, isAway, keepsNone } from './queries.ts';
import { aboutOf, canSearch, deedOf, fromWords, piecesOf } from './words.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const chromium = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)';
const appleWebKit =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const local = (text: string): string => new Date(text).toISOString();

describe('the time that history is shown of', () => {
  it.each([
    ['the last hour', { period: '1h' }, { since: '2026-11-20T11:00:00.000Z' }],
    ['the last week', { period: '7d' }, { since: '2026-11-13T12:00:00.000Z' }],
    ['all time', {}, {}],
    ['all time, for a word that is none', { period: 'constructor' }, {}],
    [
      'between two times',
      { period: 'between', from: '2026-11-20T10:00', to: '2026-11-20T11:00' },
      { since: local('2026-11-20T10:00'), until: local('2026-11-20T11:00') },
    ],
    [
      'from a time on, while the other is being typed',
      { period: 'between', from: '2026-11-20T10:00', to: '2026-' },
      { since: local('2026-11-20T10:00') },
    ],
    ['without a day that there is not', { period: 'between', from: '2026-13-41T10:00' }, {}],
  ])('is %s', (_, search, stretch) => {
    expect(stretchOf(search, now)).toEqual(stretch);
  });
});

describe('what was searched for', () => {
  it.each([
    [
      'at the beginning of words, in any case',
      'Fan 3 of the fans',
      'fan',
      ['[Fan]', ' 3 of the ', '[fan]', 's'],
    ],
    ['every word of it', 'no answer of the BMC', 'bmc answer', ['no ', '[answer]', ' of the ', '[BMC]']],
    ['not within words', 'offline line', 'line', ['offline ', '[line]']],
    ['signs of patterns as signs', 'a.b (c)', '.* c', ['a.b (', '[c]', ')']],
    ['the longer of two beginnings', 'timeout', 'time timeout', ['[timeout]']],
    ['nothing without words', 'text', '--', ['text']],
  ])('is marked: %s', (_, text, query, pieces) => {
    expect(piecesOf(text, query).map((piece) => (piece.found ? `[${piece.text}]` : piece.text))).toEqual(
      pieces,
    );
  });

  it('is a letter or a digit at least', () => {
    expect(['', ' -', 'ä', '7'].map(canSearch)).toEqual([false, false, true, true]);
  });
});

const write: AuditItem = {
  ...{ at: '2026-11-20T12:00:00Z', id: '1', user: 'ann', verb: 'patch', resource: 'machines', name: 'r1' },
  ...{ dryRun: false, outcome: 'Done', requestId: 'r' },
};

describe('a write', () => {
  it.each<[string, Partial<AuditItem>, string, string | undefined]>([
    ['says what changed', { details: { fields: ['pool', 'tags'] } }, 'Changed', 'pool, tags'],
    [
      'of one order says which machine',
      { verb: 'create', resource: 'machine-actions', details: { action: 'Lock', machine: 'r1' } },
      'Ordered Lock',
      'r1',
    ],
    [
      'of many names the first',
      {
        verb: 'create',
        resource: 'machine-actions',
        details: { action: 'Test', names: ['a', 'b', 'c', 'd', 'e', 'f'] },
      },
      'Ordered Test',
      'a, b, c, d and 2 more',
    ],
    ['that was refused was none', { verb: 'delete', outcome: 'Forbidden' }, 'Could not delete', undefined],
    [
      'that was tried was none',
      { verb: 'create', dryRun: true, details: { fields: ['image'] } },
      'Tried out: create',
      undefined,
    ],
  ])('%s', (_, given, deed, about) => {
    const item = { ...write, ...given };
    expect([deedOf(item), aboutOf(item)]).toEqual([deed, about]);
  });

  it.each([
    [
      { address: '10.0.0.3', by: 'Session', agent: 'Mozilla/5.0 (X11) Gecko/20100101 Firefox/140.0' },
      '10.0.0.3, signed in, Firefox',
    ],
    [{ agent: `${chromium} Chrome/140.0.0.0 Safari/537.36` }, 'Chrome'],
    [{ agent: `${chromium} HeadlessChrome/140.0.0.0 Safari/537.36` }, 'Chrome'],
    [{ agent: `${chromium} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0` }, 'Edge'],
    [{ agent: `${chromium} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0` }, 'Opera'],
    [{ agent: `${appleWebKit} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1` }, 'Chrome'],
    [{ agent: `${appleWebKit} Version/18.5 Safari/605.1.15` }, 'Safari'],
    [{ address: 'fd00::3', by: 'ApiKey', agent: 'curl/8.14.1' }, 'fd00::3, API key, curl/8.14.1'],
    [{ address: '10.0.0.3', by: 'Token', agent: 'metalwright' }, '10.0.0.3, token, metalwright'],
    [undefined, ''],
  ])('came from %o', (from, words) => {
    expect(fromWords(from)).toBe(words);
  });
});

describe('history that cannot be read', () => {
  const problem = { title: '', status: 503, detail: '', code: 'HistoryUnavailable' };
  it.each([
    ['is none, when the server does not say when to ask again', new ProblemError(problem), [true, false]],
    ['is away, when it does', new ProblemError(problem, 5), [false, true]],
    ['is something else', new ProblemError({ ...problem, code: 'Forbidden' }), [false, false]],
    ['is something of this page', new Error('x'), [false, false]],
  ])('%s', (_, error, kinds) => {
    expect([keepsNone(error), isAway(error)]).toEqual(kinds);
  });
});
