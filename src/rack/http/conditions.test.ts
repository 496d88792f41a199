import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsRange, judgeConditions } from './conditions.ts';
import { formatHttpDate, parseHttpDate } from './http-date.ts';

const noon = Date.UTC(2026, 10, 22, 12);
const at = formatHttpDate(noon);
const before = formatHttpDate(noon - 1000);
const after = formatHttpDate(noon + 1000);
/** Half a second that HTTP cannot say. */
const validators = { etag: '"a"', modifiedAt: noon + 500 };

describe('the conditions of a request', () => {
  it.each([
    ['none', {}, 'Proceed'],
    ['If-None-Match of what is there', { 'if-none-match': '"a"' }, 'NotModified'],
    ['If-None-Match in a list', { 'if-none-match': '"b", "a"' }, 'NotModified'],
    ['If-None-Match, weak', { 'if-none-match': 'W/"a"' }, 'NotModified'],
    ['If-None-Match of anything', { 'if-none-match': '*' }, 'NotModified'],
    ['If-None-Match of something else', { 'if-none-match': '"b"' }, 'Proceed'],
    [
      'If-None-Match goes before If-Modified-Since',
      { 'if-none-match': '"b"', 'if-modified-since': at },
      'Proceed',
    ],
    ['If-Modified-Since, the same second', { 'if-modified-since': at }, 'NotModified'],
    ['If-Modified-Since, later', { 'if-modified-since': after }, 'NotModified'],
    ['If-Modified-Since, earlier', { 'if-modified-since': before }, 'Proceed'],
    ['If-Modified-Since, no date', { 'if-modified-since': 'yesterday' }, 'Proceed'],
    ['If-Match of what is there', { 'if-match': '"a"' }, 'Proceed'],
    ['If-Match, weak', { 'if-match': 'W/"a"' }, 'PreconditionFailed'],
    ['If-Match of something else', { 'if-match': '"b"' }, 'PreconditionFailed'],
    [
      'If-Match goes before If-Unmodified-Since',
      { 'if-match': '"a"', 'if-unmodified-since': before },
      'Proceed',
    ],
    ['If-Unmodified-Since, the same second', { 'if-unmodified-since': at }, 'Proceed'],
    ['If-Unmodified-Since, earlier', { 'if-unmodified-since': before }, 'PreconditionFailed'],
  ])('%s', (_, headers, outcome) => {
    expect(judgeConditions(headers, validators)).toBe(outcome);
  });

  it('of dates mean nothing for what has none', () => {
    expect(judgeConditions({ 'if-modified-since': at }, { etag: '"a"' })).toBe('Proceed');
  });
});

describe('If-Range', () => {
  it.each([
    ['none', undefined, true],
    ['the entity tag', '"a"', true],
    ['the date', at, true],
    ['a weak entity tag', 'W/"a"', false],
    ['another entity tag', '"b"', false],
    ['a later date', after, false],
    ['an earlier date', before, false],
    ['garbage', 'x', false],
  ])('%s', (_, header, allowed) => {
    expect(allowsRange(header === undefined ? {} : { 'if-range': header }, validators)).toBe(allowed);
  });
});

describe('an HTTP date', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sun, 06 Nov 1994 25:49:37 GMT', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['', undefined],
  ])('%j', (text, time) => {
    expect(parseHttpDate(text)).toBe(time);
  });

  it('comes back as it was sent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        expect(parseHttpDate(formatHttpDate(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });
});
