import { z } from 'zod';

/** Where traces go, by the variables that OpenTelemetry has for it; none: nowhere. */
export const traceVariables = {
  /** Base URL of a collector's OTLP over HTTP, as `http://collector:4318`. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** `name=value` pairs, separated by commas; values may be percent-encoded. */
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
};

/** A collector of traces. */
export interface TraceCollector {
  /** With the path of traces. */
  url: string;
  headers: Record<string, string>;
}

export function tracesOf(env: {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_HEADERS?: string | undefined;
}): TraceCollector | undefined {
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (base === undefined) return undefined;
  return {
    url: `${base.replace(/\/+$/, '')}/v1/traces`,
    headers: headersOf(env.OTEL_EXPORTER_OTLP_HEADERS) ?? {},
  };
}

/** What is wrong with the headers, for the refusal of the configuration. */
export const tracesProblem = {
  path: ['OTEL_EXPORTER_OTLP_HEADERS'],
  message: 'name=value pairs, separated by commas',
};

export function areTraceHeadersGood(env: { OTEL_EXPORTER_OTLP_HEADERS?: string | undefined }): boolean {
  return headersOf(env.OTEL_EXPORTER_OTLP_HEADERS) !== undefined;
}

/** OpenTelemetry's form (W3C Baggage, section 3.3.1, without properties). */
function headersOf(text = ''): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const [, name, value = ''] = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (name === undefined) return undefined;
    try {
      headers[name.toLowerCase()] = decodeURIComponent(value);
    } catch {
      return undefined;
    }
  }
  return headers;
}
