import { z } from 'zod';
import type { PowerTarget } from '../driver.ts';
import { isPowerError, powerError } from '../errors.ts';
import { createBmcHttp } from '../http/client.ts';
import { statusMeaning } from '../http/errors.ts';
import type { HttpMethod } from '../http/request.ts';
import { read } from './rest2.ts';

const Answer = z.object({ error: z.object({ code: z.coerce.number() }), result: z.unknown() });
const Index = z.object({ serverId: z.record(z.string(), z.string()) });
const Detail = z.object({ active: z.boolean().optional() });

/** Version 0.9 of the REST API of a chassis. */
export interface Rest09 {
  /** Undefined where the chassis does not tell. @throws CodedError<PowerErrorCode> */
  isActive(id: string, signal: AbortSignal): Promise<boolean | undefined>;
  /** @param action the query's parts, in their order @throws CodedError<PowerErrorCode> */
  act(id: string, action: readonly string[], signal: AbortSignal): Promise<void>;
  /** Logs out: the chassis has one session. Never throws. */
  close(): Promise<void>;
}

/**
 * Everything, the password too, is a query whose parts have an order and no names. Source: the calls of public programs
 * that use it.
 */
export function createRest09(target: PowerTarget): Rest09 {
  const http = createBmcHttp(target, { scheme: 'http', port: 80 });
  let token: string | undefined;
  const indexes = new Map<string, string>();

  const send = async (
    method: HttpMethod,
    path: string,
    query: readonly string[],
    signal: AbortSignal,
  ): Promise<unknown> => {
    const answer = await http.send({ method, path: `${path}?${query.join('&')}` }, signal);
    const parsed = Answer.safeParse(read(answer, method, path));
    if (!parsed.success)
      throw powerError('BmcProtocolError', `${method} ${path}: not an answer of version 0.9`);
    const { code } = parsed.data.error;
    if (code === 200 || code === 202 || code === 304) return parsed.data.result;
    const meaning = statusMeaning(code);
    throw powerError(meaning.code, `${method} ${path}: error ${code}`, { retryable: meaning.retryable });
  };
  const session = async (signal: AbortSignal): Promise<string> => {
    if (token !== undefined) return token;
    const who = [encodeURIComponent(target.username), encodeURIComponent(target.password)];
    const given = z
      .string()
      .min(1)
      .safeParse(await send('GET', '/v0.9/login', who, signal));
    if (!given.success) throw powerError('BmcProtocolError', 'GET /v0.9/login: no token');
    token = given.data;
    return token;
  };
  const indexOf = async (id: string, signal: AbortSignal): Promise<string> => {
    if (indexes.size === 0) {
      const list = Index.safeParse(await send('GET', '/v0.9/servers', [await session(signal)], signal));
      if (!list.success) throw powerError('BmcProtocolError', 'GET /v0.9/servers: no serverId');
      for (const [index, name] of Object.entries(list.data.serverId)) indexes.set(name, index);
    }
    const index = indexes.get(id);
    if (index === undefined || !/^\d+$/.test(index)) {
      throw powerError('BmcSystemNotFound', `the chassis has no server ${id}`);
    }
    return index;
  };

  /** The chassis has one session: whoever logs in ends that of the one before. */
  const renewing = async <T>(work: () => Promise<T>): Promise<T> => {
    const had = token !== undefined;
    try {
      return await work();
    } catch (thrown) {
      if (!had || !isPowerError(thrown) || thrown.code !== 'BmcAuthenticationFailed') throw thrown;
      token = undefined;
      return await work();
    }
  };
  const serverPath = async (id: string, signal: AbortSignal): Promise<string> =>
    `/v0.9/servers/${await indexOf(id, signal)}`;

  return {
    isActive: (id, signal) =>
      renewing(async () => {
        const path = await serverPath(id, signal);
        const detail = Detail.safeParse(await send('GET', path, [await session(signal)], signal));
        return detail.success ? detail.data.active : undefined;
      }),
    act: (id, action, signal) =>
      renewing(async () => {
        const path = await serverPath(id, signal);
        await send('PUT', path, [...action, await session(signal)], signal);
      }),
    async close() {
      const ended = token;
      token = undefined;
      if (ended !== undefined) {
        await send('GET', '/v0.9/logout', [ended], AbortSignal.timeout(5_000)).catch(() => undefined);
      }
      await http.close();
    },
  };
}
