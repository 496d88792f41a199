import { createHash } from 'node:crypto';
import type { Machine } from '../../api/machine/schema.ts';

/** A step of a boot. Times in milliseconds since the epoch. */
export interface Span {
  /** 16 hex digits. */
  spanId: string;
  /** Undefined: the boot as a whole. */
  parentSpanId?: string;
  name: string;
  start: number;
  end: number;
  attributes: Readonly<Record<string, string | number>>;
  /** What went wrong; undefined: nothing. */
  error?: string;
}

/** A boot of a machine that is over. */
export interface BootTrace {
  /** 32 hex digits. */
  traceId: string;
  spans: Span[];
}

/**
 * The trace of a machine's last boot.
 *
 * @returns undefined while it goes on, and where nothing was seen of it
 */
export function bootTrace(machine: Machine): BootTrace | undefined {
  const { metadata, status } = machine;
  const { timeline, phase, failure } = status ?? {};
  const [first] = timeline?.steps ?? [];
  if (timeline === undefined || timeline.awaited !== undefined || first === undefined) return undefined;
  const { generation, work, steps } = timeline;
  const key = `${metadata.uid ?? metadata.name}/${generation}`;
  const times = steps.map(({ at }) => Date.parse(at));
  const root: Span = {
    spanId: digest(`${key}/boot`, 16),
    name: `boot ${work}`,
    start: Math.min(...times),
    end: Math.max(...times),
    attributes: {
      'metalwright.machine': metadata.name,
      'metalwright.boot.generation': generation,
      'metalwright.boot.work': work,
      ...(phase === undefined ? {} : { 'metalwright.machine.phase': phase }),
    },
    ...(failure === undefined ? {} : { error: `${failure.reason}: ${failure.message}` }),
  };
  const children = steps.map(({ step, at, durationSeconds, detail }, index): Span => {
    const end = Date.parse(at);
    return {
      spanId: digest(`${key}/${index}/${step}`, 16),
      parentSpanId: root.spanId,
      name: step,
      // What was seen by two clocks may overlap; a step never begins before its boot.
      start: Math.max(root.start, end - durationSeconds * 1000),
      end,
      attributes: detail === undefined ? {} : { 'metalwright.step.detail': detail },
    };
  });
  return { traceId: digest(key, 32), spans: [root, ...children] };
}

function digest(text: string, letters: number): string {
  return createHash('sha256').update(`metalwright ${text}`).digest('hex').slice(0, letters);
}
