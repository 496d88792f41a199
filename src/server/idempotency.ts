import { createHash } from 'node:crypto';
import type { Caller } from '../kube/endpoint/caller-review.ts';
import type { Timers } from '../kube/timers.ts';
import { serverError } from './errors.ts';
import type { Answer } from './route.ts';

/** Answers to repeated requests: what a key has done once is not done again. */
export interface Idempotency {
  /**
   * Runs once for a caller and a key; later requests, and those that come meanwhile, get the same answer. Only successes are
   * remembered. Errors: IdempotencyKeyReused when the request is another one; BadRequest when the key cannot be one.
   */
  once(
    asked: { caller: Caller; key: string | undefined; request: unknown },
    run: () => Promise<Answer>,
  ): Promise<Answer>;
}

interface Entry {
  fingerprint: string;
  answer: Promise<Answer>;
  until: number;
  /** Characters of the answer, once it is there. */
  size: number;
}

const believeMs = 10 * 60_000;

/**
 * In this process alone: another replica does not know the keys. @param limits keys, and characters of their answers, that are
 * remembered; the oldest go first
 */
export function createIdempotency(
  timers: Timers,
  limits = { keys: 2_000, characters: 16 * 1024 * 1024 },
): Idempotency {
  const entries = new Map<string, Entry>();
  let characters = 0;

  function forget(id: string): void {
    characters -= entries.get(id)?.size ?? 0;
    entries.delete(id);
  }

  function clean(): void {
    for (const [id, entry] of entries) {
      const isRoom = entries.size <= limits.keys && characters <= limits.characters;
      if (isRoom && timers.monotonic() < entry.until) return;
      forget(id);
    }
  }

  return {
    async once({ caller, key, request }, run) {
      if (key === undefined) return run();
      if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
        throw serverError('BadRequest', 'Idempotency-Key: 1 to 128 printable characters without blanks');
      }
      clean();
      const { username, uid = '' } = caller.user;
      const id = JSON.stringify([username, uid, key]);
      const fingerprint = createHash('sha256').update(JSON.stringify(request)).digest('hex');
      const known = entries.get(id);
      if (known !== undefined && timers.monotonic() < known.until) {
        if (known.fingerprint === fingerprint) return known.answer;
        throw serverError('IdempotencyKeyReused', 'take a new key for a new request');
      }
      const entry = { fingerprint, answer: run(), until: timers.monotonic() + believeMs, size: 0 };
      forget(id);
      entries.set(id, entry);
      try {
        const answer = await entry.answer;
        if (entries.get(id) === entry) {
          entry.size = JSON.stringify(answer).length;
          characters += entry.size;
        }
        return answer;
      } catch (error) {
        if (entries.get(id) === entry) forget(id);
        throw error;
      }
    },
  };
}
