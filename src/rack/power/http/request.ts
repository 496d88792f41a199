import { type Agent, request } from 'undici';
import { connectionError } from './errors.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  method: HttpMethod;
  url: URL;
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** The whole answer, whatever its status. */
export interface HttpAnswer {
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  bytes: Buffer;
}

/** No BMC has more to say. */
export const largestBody = 4 * 1024 * 1024;

/**
 * One request, on a connection of its own: some BMCs choke on persistent ones. The whole answer must be there within
 * `timeoutMs`. Redirects are not followed: they would lead the password away.
 *
 * @throws CodedError<PowerErrorCode> BmcUnreachable, BmcTlsFailed; the signal's reason when it is aborted.
 */
export async function exchange(
  agent: Agent,
  asked: HttpRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  signal.throwIfAborted();
  const what = `${asked.method} ${asked.url.pathname}`;
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await request(asked.url, {
      dispatcher: agent,
      method: asked.method,
      reset: true,
      signal: AbortSignal.any([signal, deadline]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      headers: { ...asked.headers },
      body: asked.body ?? null,
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      const bytes = chunk instanceof Uint8Array ? chunk : new Uint8Array();
      length += bytes.length;
      if (length > largestBody) throw new Error(`the answer is larger than ${largestBody} bytes`);
      chunks.push(bytes);
    }
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [
        name.toLowerCase(),
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    );
    return { status: answer.statusCode, headers, bytes: Buffer.concat(chunks) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (deadline.aborted) throw connectionError(new Error(`no answer within ${timeoutMs} ms`), what);
    throw connectionError(thrown, what);
  }
}
