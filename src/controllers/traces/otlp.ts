import type { BootTrace, Span } from './boot-trace.ts';

/** `SPAN_KIND_INTERNAL` and `STATUS_CODE_ERROR` of opentelemetry/proto/trace/v1/trace.proto. */
const internal = 1;
const failed = 2;

/**
 * Traces as the body of a POST to `/v1/traces`: OTLP 1.x over HTTP in JSON, where ids are in hex and times are nanoseconds
 * as text.
 *
 * @param version of Metalwright
 */
export function otlpTraces(traces: readonly BootTrace[], version: string): object {
  return {
    resourceSpans: [
      {
        resource: {
          attributes: attributes({ 'service.name': 'metalwright-operator', 'service.version': version }),
        },
        scopeSpans: [
          {
            scope: { name: 'metalwright.dev/boot', version },
            spans: traces.flatMap(({ traceId, spans }) => spans.map((span) => otlpSpan(traceId, span))),
          },
        ],
      },
    ],
  };
}

function otlpSpan(traceId: string, span: Span): object {
  return {
    ...{ traceId, spanId: span.spanId, parentSpanId: span.parentSpanId ?? '' },
    ...{ name: span.name, kind: internal },
    ...{ startTimeUnixNano: nanoseconds(span.start), endTimeUnixNano: nanoseconds(span.end) },
    attributes: attributes(span.attributes),
    status: span.error === undefined ? {} : { code: failed, message: span.error },
  };
}

function attributes(values: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
}

function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds)) * 1_000_000n);
}
