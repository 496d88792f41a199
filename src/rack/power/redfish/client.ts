import type { Agent } from 'undici';
import type { z } from 'zod';
import type { CodedError } from '../../../errors/coded-error.ts';
import type { Logger } from '../../../log/logger.ts';
import { isPowerError, type PowerErrorCode, powerError } from '../errors.ts';
import { resolveLink } from '../http/address.ts';
import { type RedfishResponse, statusError } from './faults.ts';
import { type RedfishRequest, send } from './http.ts';
import { ServiceRoot } from './resources.ts';
import { type Authentication, headersOf, logIn, logOut, type SessionOptions } from './session.ts';

/** Milliseconds. */
export interface RedfishTimings {
  /** For one whole answer. */
  requestMs: number;
  /** For the answer to an image that is put in: some BMCs copy all of it before they answer. Default: 4 minutes. */
  insertMs?: number;
  /** Pauses before a GET is asked again after a 5xx, garbage, or a broken connection: their number is the budget. */
  getRetriesMs: readonly number[];
  /** Between two looks at a task, and the longest that one is followed. */
  taskPollMs: number;
  taskLongestMs: number;
}

/** For real BMCs. */
export const defaultRedfishTimings = {
  requestMs: 30_000,
  insertMs: 240_000,
  getRetriesMs: [1_000, 3_000],
  taskPollMs: 2_000,
  taskLongestMs: 90_000,
} as const satisfies RedfishTimings;

export interface ClientOptions {
  agent: Agent;
  base: URL;
  username: string;
  password: string;
  log: Logger;
  delay(ms: number, signal: AbortSignal): Promise<void>;
  timings: RedfishTimings;
}

/** Requests to one Redfish service, logged in when the first is made. */
export interface RedfishClient {
  root(signal: AbortSignal): Promise<ServiceRoot>;
  /** Reads a resource. @throws CodedError<PowerErrorCode> for any answer other than a success with JSON. */
  get<T extends z.ZodType>(
    link: string,
    schema: T,
    signal: AbortSignal,
  ): Promise<{ resource: z.infer<T>; etag: string | undefined }>;
  /** Any request, retried only after a 401. Status codes of 400 and more are the caller's to read. */
  request(
    asked: {
      method: 'GET' | 'POST' | 'PATCH';
      link: string;
      headers?: Record<string, string>;
      json?: unknown;
      /** In place of the usual one for an answer. */
      timeoutMs?: number | undefined;
    },
    signal: AbortSignal,
  ): Promise<RedfishResponse>;
  /** Ends the session. Never throws. */
  close(): Promise<void>;
}

/** Makes a client; nothing is sent before its first use. */
export function createRedfishClient(options: ClientOptions): RedfishClient {
  const { agent, base, timings } = options;
  const session: SessionOptions = { ...options, timeoutMs: timings.requestMs };
  let root: ServiceRoot | undefined;
  let authentication: Authentication | undefined;

  const authenticated = async (asked: RedfishRequest, signal: AbortSignal): Promise<RedfishResponse> => {
    if (authentication === undefined) {
      const open = root ?? (await readOpenRoot(signal));
      authentication = await logIn(session, open, signal);
      if (authentication.kind === 'Basic') options.log.debug({}, 'no session service: Basic authentication');
    }
    const headers = { ...asked.headers, ...headersOf(authentication) };
    return await send(agent, { ...asked, headers }, asked.timeoutMs ?? timings.requestMs, signal);
  };

  const withLogin = async (asked: RedfishRequest, signal: AbortSignal): Promise<RedfishResponse> => {
    const first = await authenticated(asked, signal);
    if (first.status !== 401 || authentication?.kind !== 'Session') return first;
    options.log.debug({}, 'the session has ended, logging in again');
    authentication = undefined;
    return await authenticated(asked, signal);
  };

  const withRetries = async (
    once: () => Promise<RedfishResponse>,
    what: string,
    signal: AbortSignal,
  ): Promise<RedfishResponse> => {
    for (let tries = 0; ; tries++) {
      const pause = timings.getRetriesMs[tries];
      const outcome = await once().catch(powerErrorAsValue);
      const failure = isPowerError(outcome) ? outcome : readFailure(outcome, what);
      if (failure === undefined && !isPowerError(outcome)) return outcome;
      if (failure !== undefined && (!failure.retryable || pause === undefined)) throw failure;
      options.log.debug({ tries }, failure?.message ?? what);
      await options.delay(pause ?? 0, signal);
    }
  };

  /** @returns undefined when the root wants authentication, which it must not (DSP0266). */
  const readOpenRoot = async (signal: AbortSignal): Promise<ServiceRoot | undefined> => {
    const url = resolveLink(base, rootPath(base));
    const once = (): Promise<RedfishResponse> =>
      send(agent, { method: 'GET', url }, timings.requestMs, signal);
    const response = await withRetries(once, 'service root', signal);
    if (response.status === 401 || response.status === 403) return undefined;
    if (response.status >= 300) throw statusError(response, 'service root');
    root = parsed(ServiceRoot, response, 'service root');
    return root;
  };

  const get = async <T extends z.ZodType>(
    link: string,
    schema: T,
    signal: AbortSignal,
  ): Promise<{ resource: z.infer<T>; etag: string | undefined }> => {
    let url = resolveLink(base, link);
    for (let redirects = 0; redirects < 3; redirects++) {
      const target = url;
      const once = (): Promise<RedfishResponse> => withLogin({ method: 'GET', url: target }, signal);
      const response = await withRetries(once, `GET ${target.pathname}`, signal);
      const { location } = response.headers;
      if (response.status >= 300 && response.status < 400 && location !== undefined) {
        url = resolveLink(base, location);
        continue;
      }
      if (response.status >= 300) throw statusError(response, `GET ${target.pathname}`);
      const resource = parsed(schema, response, target.pathname);
      const { etag } = response.headers;
      return { resource, etag: etag === undefined || etag === '' ? undefined : etag };
    }
    throw powerError('BmcProtocolError', `GET ${link}: redirected in a circle`);
  };

  return {
    get,
    async root(signal) {
      root ??= (await readOpenRoot(signal)) ?? (await get(rootPath(base), ServiceRoot, signal)).resource;
      return root;
    },
    request: ({ link, ...asked }, signal) => withLogin({ ...asked, url: resolveLink(base, link) }, signal),
    async close() {
      const ended = authentication;
      authentication = undefined;
      if (ended !== undefined) await logOut(session, ended);
      await agent.destroy().catch(() => undefined);
    },
  };
}

function rootPath(base: URL): string {
  return base.pathname === '/' ? '/redfish/v1/' : base.pathname;
}

function readFailure(response: RedfishResponse, what: string): CodedError<PowerErrorCode> | undefined {
  if (response.garbled && response.status < 300) {
    return powerError('BmcProtocolError', `${what}: the answer is not JSON`, { retryable: true });
  }
  return response.status >= 500 || response.status === 429 ? statusError(response, what) : undefined;
}

/** Turns an error of the BMC into a value; any other goes on. */
function powerErrorAsValue(thrown: unknown): CodedError<PowerErrorCode> {
  if (isPowerError(thrown)) return thrown;
  throw thrown;
}

function parsed<T extends z.ZodType>(schema: T, response: RedfishResponse, what: string): z.infer<T> {
  const result = schema.safeParse(response.body);
  if (result.success) return result.data;
  throw powerError('BmcProtocolError', `${what}: ${result.error.issues[0]?.message ?? 'not the resource'}`);
}
