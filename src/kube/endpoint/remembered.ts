import type { Timers } from '../timers.ts';

/** What was said, for how long to believe it. */
export interface Verdict<V> {
  value: V;
  /** Milliseconds; 0: not at all. */
  believeMs: number;
}

/** Answers that are believed for a while. */
export interface Remembered<V> {
  /** What is known of the key; else what `ask` says: one question for many callers. Undefined: too many questions are under way. */
  get(key: string, ask: () => Promise<Verdict<V>>): Promise<V | undefined>;
  size(): number;
}

/** @param limits answers that are kept, the oldest go first; and questions under way at once */
export function createRemembered<V>(
  timers: Timers,
  limits: { answers: number; questions: number },
): Remembered<V> {
  const known = new Map<string, { value: V; until: number }>();
  const asking = new Map<string, Promise<V>>();

  async function question(key: string, ask: () => Promise<Verdict<V>>): Promise<V> {
    const { value, believeMs } = await ask();
    if (believeMs > 0) {
      known.delete(key);
      known.set(key, { value, until: timers.monotonic() + believeMs });
      for (const oldest of known.keys()) {
        if (known.size <= limits.answers) break;
        known.delete(oldest);
      }
    }
    return value;
  }

  return {
    async get(key, ask) {
      const entry = known.get(key);
      if (entry !== undefined && timers.monotonic() < entry.until) return entry.value;
      const running = asking.get(key);
      if (running !== undefined) return running;
      if (asking.size >= limits.questions) return undefined;
      const asked = question(key, ask).finally(() => asking.delete(key));
      asking.set(key, asked);
      return asked;
    },
    size: () => known.size,
  };
}
