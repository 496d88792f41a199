import type { z } from 'zod';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { type AddressDefaults, baseOf, resolveLink } from './address.ts';
import { type ClientCertificate, createAgent } from './agent.ts';
import { statusMeaning } from './errors.ts';
import { exchange, type HttpAnswer, type HttpMethod } from './request.ts';

/** A request to a BMC; `path` is resolved against its base, and must stay on it. */
export interface BmcRequest {
  method: HttpMethod;
  path: string;
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  form?: Readonly<Record<string, string>>;
  /** Sent as it is, with its media type. */
  body?: { type: string; text: string };
}

/** HTTP with one BMC, for drivers that need no more than requests and answers. */
export interface BmcHttp {
  /** Any answer. @throws CodedError<PowerErrorCode> when there is none. */
  send(asked: BmcRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** An answer of success. @throws CodedError<PowerErrorCode> for any other. */
  ask(asked: BmcRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** The JSON of an answer of success. @throws CodedError<PowerErrorCode> BmcProtocolError when it is not `schema`. */
  read<T extends z.ZodType>(schema: T, asked: BmcRequest, signal: AbortSignal): Promise<z.infer<T>>;
  close(): Promise<void>;
}

const requestTimeoutMs = 30_000;

/**
 * @param defaults what an address without a scheme or port means
 * @throws CodedError<PowerErrorCode> when the address is none, or is http with a certificate asked for.
 */
export function createBmcHttp(
  target: Pick<PowerTarget, 'address' | 'tls'> & { clientCertificate?: ClientCertificate },
  defaults: AddressDefaults,
  timeoutMs = requestTimeoutMs,
): BmcHttp {
  const base = baseOf(target.address, defaults);
  const agent = createAgent(base, target.tls, target.clientCertificate);

  const send: BmcHttp['send'] = (asked, signal) => {
    const content = contentOf(asked);
    return exchange(
      agent,
      {
        method: asked.method,
        url: resolveLink(base, asked.path),
        headers: {
          ...(content === undefined ? {} : { 'content-type': content.type }),
          ...asked.headers,
        },
        ...(content === undefined ? {} : { body: content.text }),
      },
      timeoutMs,
      signal,
    );
  };

  return bmcHttpOver(send, () => agent.destroy().catch(() => undefined));
}

/** What `send` gives, with what is to be made of its answers. */
export function bmcHttpOver(send: BmcHttp['send'], close: BmcHttp['close']): BmcHttp {
  const ask: BmcHttp['ask'] = async (asked, signal) => {
    const answer = await send(asked, signal);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const { code, retryable } = statusMeaning(answer.status);
    throw powerError(code, `${asked.method} ${asked.path}: HTTP ${answer.status}`, { retryable });
  };

  return {
    send,
    ask,
    async read(schema, asked, signal) {
      const answer = await ask(asked, signal);
      const parsed = schema.safeParse(parseJson(answer.bytes));
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      const what = `${asked.method} ${asked.path}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
      throw powerError('BmcProtocolError', what);
    },
    close,
  };
}

function contentOf({ json, form, body }: BmcRequest): BmcRequest['body'] {
  if (json !== undefined) return { type: 'application/json', text: JSON.stringify(json) };
  if (form === undefined) return body;
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(form).toString() };
}

/** Undefined for what is no JSON. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** The header of Basic authentication (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
