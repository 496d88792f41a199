import { Agent, request } from 'undici';
import { messageOf } from '../../errors/coded-error.ts';

/** What came of sending something. */
export type Sent =
  | { kind: 'Delivered' }
  /** The receiver does not want this one. */
  | { kind: 'Refused'; why: string }
  /** The receiver does not answer, or cannot take anything now. @param retryAfterMs what it asked for */
  | { kind: 'Away'; why: string; retryAfterMs?: number };

/** Sends bodies to one URL. */
export interface Poster {
  /** Never rejects. Redirects are not followed. */
  post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Sent>;
  close(): Promise<void>;
}

const connectMs = 5_000;
const answerMs = 10_000;
const longestRetryAfterMs = 3_600_000;

/** @param ca PEM: who signs the receiver's certificate; undefined: those whom Node trusts */
export function createPoster(url: URL, ca: string | undefined): Poster {
  const connect = { timeout: connectMs, ...(ca === undefined ? {} : { ca }) };
  const dispatcher = new Agent({ connections: 2, connect, headersTimeout: answerMs, bodyTimeout: answerMs });
  return {
    async post(body, headers, signal) {
      try {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(connectMs + 2 * answerMs)]);
        const response = await request(url, {
          ...{ method: 'POST', dispatcher, body, headers, signal: patience },
        });
        await response.body.dump({ limit: 64 * 1024 });
        return sentOf(response.statusCode, response.headers['retry-after']);
      } catch (error) {
        // Not the whole error: it may have the URL in it, which may be a secret itself.
        const code = error instanceof Error && 'code' in error ? String(error.code) : '';
        return { kind: 'Away', why: code === '' ? messageOf(error).replaceAll(url.href, 'its URL') : code };
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** What an answer means. @param retryAfter seconds; dates are not understood */
export function sentOf(status: number, retryAfter?: string | string[]): Sent {
  if (status >= 200 && status < 300) return { kind: 'Delivered' };
  const why = `answers ${status}`;
  if (status !== 408 && status !== 429 && status < 500) return { kind: 'Refused', why };
  const seconds = typeof retryAfter === 'string' && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : 0;
  if (seconds === 0) return { kind: 'Away', why };
  return { kind: 'Away', why, retryAfterMs: Math.min(seconds * 1000, longestRetryAfterMs) };
}
