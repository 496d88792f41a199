import { describe, expect, it } from 'vitest';
import { createRecordedLines } from '../console/record/recorded-lines.ts';
import { type LineQuery, pageOfLines, parseLineQuery } from './line-pages.ts';

describe('the query of /console-log', () => {
  it('has defaults', () => {
    expect(parseLineQuery(new URLSearchParams())).toEqual({ instance: undefined, after: 0, limit: 200 });
  });

  it('takes where one was', () => {
    expect(parseLineQuery(new URLSearchParams('instance=i&after=7&limit=1000'))).toEqual({
      ...{ instance: 'i', after: 7, limit: 1_000 },
    });
  });

  it.each(['after=-1', 'after=x', 'limit=0', 'limit=1001', 'machine=m1'])(
    'refuses %s and says why',
    (text) => {
      expect(parseLineQuery(new URLSearchParams(text))).toMatch(/: /);
    },
  );
});

describe('pages of recorded lines', () => {
  const lines = createRecordedLines({ instance: 'i', clock: { now: () => 0 }, mostBytes: 10_000 });
  for (const text of ['a', 'b', 'c']) lines.append('m1', text);
  const texts = (query: Partial<LineQuery>): string[] =>
    pageOfLines(lines, { instance: 'i', after: 0, limit: 200, ...query }).items.map(({ text }) => text);

  it('go on from where one was', () => {
    expect([texts({ limit: 2 }), texts({ after: 2 }), texts({ after: 3 })]).toEqual([['a', 'b'], ['c'], []]);
  });

  it('begin anew for who was with another run of the rack', () => {
    expect(texts({ instance: 'before', after: 3 })).toEqual(['a', 'b', 'c']);
  });
});
