import { parseLeaseQuery } from '../../../src/rack/admin/lease-pages.ts';
import type { Route } from '../../../src/rack/http/answer.ts';
import { allowsRange, judgeConditions } from '../../../src/rack/http/conditions.ts';
import { formatHttpDate, parseHttpDate } from '../../../src/rack/http/http-date.ts';
import { parseRanges } from '../../../src/rack/http/range.ts';
import { matchRoute } from '../../../src/rack/http/router.ts';
import { must, same, type Target, textTarget } from '../target.ts';

const size = 1000;

function runHeaders(text: string): void {
  const [range, condition = '', date] = text.split('\n');
  const ranges = parseRanges(range, size);
  if (Array.isArray(ranges)) {
    let total = 0;
    for (const { start, end } of ranges) {
      must(start >= 0 && start <= end && end < size, `a range outside of the file: ${start}-${end}`);
      total += end - start + 1;
    }
    must(
      ranges.length >= 1 && ranges.length <= 16 && total <= 16 * size,
      'more bytes than 16 times the file',
    );
  }
  const time = parseHttpDate(date);
  if (time !== undefined) {
    must(Number.isFinite(time), 'a date that is no time');
    same(parseHttpDate(formatHttpDate(time)), time, 'date');
  }
  const validators = { etag: '"a"', modifiedAt: 784_111_777_000 };
  const headers = {
    'if-none-match': condition,
    'if-modified-since': date,
    'if-match': range,
    'if-range': condition,
  };
  judgeConditions(headers, validators);
  allowsRange(headers, validators);
}

const patterns = ['/boot/:script', '/loaders/:name', '/images/:digest', '/agent/v1/tasks/:id/events'];
const routes = patterns.map((pattern): Route => {
  return { pattern, methods: ['GET'], errors: 'Text', handle: () => ({ kind: 'Empty', status: 204 }) };
});

function runPath(text: string): void {
  const found = matchRoute(routes, text);
  for (const parameter of found?.parameters ?? []) must(parameter !== '', 'an empty parameter');
  parseLeaseQuery(new URLSearchParams(text));
}

export const httpTargets: readonly Target[] = [
  textTarget(
    'http-headers',
    [
      'bytes=0-499,500-999,-500,9500-\nW/"a", "b"\nSun, 06 Nov 1994 08:49:37 GMT',
      'bytes=-1\n*\nSunday, 06-Nov-94 08:49:37 GMT',
      'bytes=0-0,-1\n"a"\nSun Nov  6 08:49:37 1994',
    ],
    runHeaders,
    { words: ['bytes=', '-', ',', '999999999999999', '0-0,', 'W/', '"', 'GMT', 'Feb', '31'], longest: 2000 },
  ),
  textTarget(
    'http-path',
    [
      '/boot/52-54-00-00-00-01.ipxe',
      '/images/%61%2f..%2f',
      '/agent/v1/tasks/a/events',
      'subnet=a&mac=52:54:00:00:00:01&limit=10',
    ],
    runPath,
    { words: ['%', '%00', '%2f', '../', '//', '%ff', '%e2%82%ac', '&limit=', '&after='], longest: 2000 },
  ),
];
