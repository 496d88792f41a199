import { z } from 'zod';
import type { PowerTarget } from '../driver.ts';
import { powerError } from '../errors.ts';
import { createBmcHttp } from '../http/client.ts';
import { statusMeaning } from '../http/errors.ts';
import type { HttpAnswer, HttpMethod } from '../http/request.ts';

/** A server as the chassis shows it; what is not needed is left out. */
export const Sm15kServer = z.object({
  active: z.boolean().optional(),
  nic: z.record(z.string(), z.object({ macAddr: z.string().optional() })).optional(),
});
export type Sm15kServer = z.infer<typeof Sm15kServer>;

const Servers = z.record(z.string(), Sm15kServer);

/** Version 2.0 of the REST API of a chassis. */
export interface Rest2 {
  /** @throws CodedError<PowerErrorCode> */
  server(id: string, signal: AbortSignal): Promise<Sm15kServer>;
  /** By their ids: `5/0`. @throws CodedError<PowerErrorCode> */
  servers(signal: AbortSignal): Promise<Readonly<Record<string, Sm15kServer>>>;
  /** @throws CodedError<PowerErrorCode> */
  act(id: string, action: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Logs in with the first request, and once more when the token has run out. Source: the calls of OpenStack's client for
 * SeaMicro. The token travels in queries, so that no message may show a whole URL.
 */
export function createRest2(target: PowerTarget): Rest2 {
  const http = createBmcHttp(target, { scheme: 'http', port: 80 });
  let token: string | undefined;

  const logIn = async (signal: AbortSignal): Promise<string> => {
    const json = { username: target.username, password: target.password };
    const answer = await http.send({ method: 'POST', path: '/v2.0/login', json }, signal);
    // The chassis says "bad request" to a wrong password.
    if (answer.status === 400) throw powerError('BmcAuthenticationFailed', 'POST /v2.0/login: HTTP 400');
    const given = z
      .string()
      .min(1)
      .safeParse(read(answer, 'POST', '/v2.0/login'));
    if (!given.success) throw powerError('BmcProtocolError', 'POST /v2.0/login: the answer is no token');
    return given.data;
  };
  const once = async (
    method: HttpMethod,
    path: string,
    json: Readonly<Record<string, unknown>> | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> => {
    token ??= await logIn(signal);
    return json === undefined
      ? await http.send({ method, path: `${path}?authtoken=${encodeURIComponent(token)}` }, signal)
      : await http.send({ method, path, json: { ...json, authtoken: token } }, signal);
  };
  const ask = async (
    method: HttpMethod,
    path: string,
    json: Readonly<Record<string, unknown>> | undefined,
    signal: AbortSignal,
  ): Promise<unknown> => {
    const had = token !== undefined;
    let answer = await once(method, path, json, signal);
    if (had && answer.status === 401) {
      token = undefined;
      answer = await once(method, path, json, signal);
    }
    return read(answer, method, path);
  };
  const parsed = <T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw powerError('BmcProtocolError', `${what}: ${result.error.issues[0]?.message ?? ''}`);
  };

  return {
    async server(id, signal) {
      const path = `/v2.0/servers/${id}`;
      return parsed(Sm15kServer, await ask('GET', path, undefined, signal), `GET ${path}`);
    },
    servers: async (signal) =>
      parsed(Servers, await ask('GET', '/v2.0/servers', undefined, signal), 'GET /v2.0/servers'),
    async act(id, action, signal) {
      await ask('PUT', `/v2.0/servers/${id}`, action, signal);
    },
    close: () => http.close(),
  };
}

/** The JSON of an answer of success; an empty one is null. @throws CodedError<PowerErrorCode> */
export function read(answer: HttpAnswer, method: HttpMethod, path: string): unknown {
  const { status, bytes } = answer;
  const what = `${method} ${path}`;
  if (status === 404) throw powerError('BmcSystemNotFound', `${what}: HTTP 404`);
  if (status < 200 || status >= 300) {
    const { code, retryable } = statusMeaning(status);
    throw powerError(code, `${what}: HTTP ${status}`, { retryable });
  }
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw powerError('BmcProtocolError', `${what}: the answer is no JSON`, { cause });
  }
}
