import { describe, expect, it } from 'vitest';
import { areTraceHeadersGood, tracesOf } from './traces.ts';

describe('the collector of traces', () => {
  it('is none by default', () => expect(tracesOf({})).toBeUndefined());

  it.each([
    ['http://collector:4318', undefined, {}],
    [
      'http://collector:4318/',
      'Authorization=Bearer%20abc, x-scope=a',
      { authorization: 'Bearer abc', 'x-scope': 'a' },
    ],
  ])('is at %s with %s', (endpoint, given, headers) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: given };
    expect(tracesOf(env)).toEqual({ url: 'http://collector:4318/v1/traces', headers });
  });

  it.each([['no pair'], ['a b=c'], ['a=%zz']])('is not taken with headers like %s', (text) => {
    expect(areTraceHeadersGood({ OTEL_EXPORTER_OTLP_HEADERS: text })).toBe(false);
  });
});
