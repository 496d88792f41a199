import { messageOf } from '../../errors/coded-error.ts';
import { sleep, systemTimers, type Timers } from '../../kube/timers.ts';
import type { Logger } from '../../log/logger.ts';
import type { BootTrace } from './boot-trace.ts';
import { otlpTraces } from './otlp.ts';

/** Sends traces to a collector, in the background. */
export interface TraceExporter {
  /** Never waits, never throws. */
  add(trace: BootTrace): void;
  /** Sends what waits, once, and ends. */
  stop(): Promise<void>;
}

export interface TraceExporterDeps {
  /** Where to POST, with the path. */
  url: string;
  headers: Readonly<Record<string, string>>;
  version: string;
  log: Logger;
  fetch?: typeof fetch;
  timers?: Timers;
}

/** So many boots wait while the collector is away; the oldest go first. */
const mostWaiting = 1_000;
const mostInOne = 100;
const timeoutMs = 10_000;
const pauses = { firstMs: 1_000, mostMs: 60_000 };

/** What OTLP's specification calls retryable. */
const passing: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function createTraceExporter(deps: TraceExporterDeps): TraceExporter {
  const { url, headers, version, log, timers = systemTimers } = deps;
  const send = deps.fetch ?? fetch;
  const stopping = new AbortController();
  let waiting: BootTrace[] = [];
  let dropped = 0;
  let running: Promise<void> | undefined;

  /** Undefined: it is done with, for good or ill. Else why it should be tried again. */
  async function attempt(traces: readonly BootTrace[]): Promise<string | undefined> {
    try {
      const response = await send(url, {
        method: 'POST',
        redirect: 'error',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(otlpTraces(traces, version)),
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (response.ok) return undefined;
      if (passing.has(response.status)) return `HTTP ${response.status}`;
      log.warn(
        { status: response.status, traces: traces.length },
        'the collector refuses traces: they are dropped',
      );
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  }

  async function work(): Promise<void> {
    for (let failed = 0; waiting.length > 0; ) {
      const traces = waiting.slice(0, mostInOne);
      const why = await attempt(traces);
      if (why === undefined) {
        failed = 0;
        waiting = waiting.filter((trace) => !traces.includes(trace));
        continue;
      }
      if (failed === 0) log.warn({ error: why, waiting: waiting.length }, 'traces cannot be sent: trying on');
      if (stopping.signal.aborted) return;
      await sleep(timers, Math.min(pauses.mostMs, pauses.firstMs * 2 ** failed), stopping.signal);
      failed = Math.min(failed + 1, 10);
    }
  }

  function start(): void {
    running ??= work().finally(() => {
      running = undefined;
      if (waiting.length > 0 && !stopping.signal.aborted) start();
    });
  }

  return {
    add(trace) {
      waiting.push(trace);
      if (waiting.length > mostWaiting) {
        waiting.shift();
        dropped += 1;
        if (dropped % 100 === 1)
          log.warn({ dropped }, 'the collector is away: the oldest traces are dropped');
      }
      start();
    },
    async stop() {
      stopping.abort();
      await running;
      if (waiting.length > 0) await attempt(waiting.slice(0, mostInOne));
      waiting = [];
    },
  };
}
