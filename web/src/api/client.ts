import { ProblemError, readProblem } from './problem.ts';
import { sameOriginHeader } from './session.ts';

export type QueryValue = string | number | boolean | undefined;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Readonly<Record<string, QueryValue>>;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** `/machines` and parameters as the path that is asked for. What is undefined or empty is left out. */
export function apiPath(path: string, query: RequestOptions['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  const text = new URLSearchParams(given).toString();
  return `/api/v1${path}${text === '' ? '' : `?${text}`}`;
}

/** Asks the API. Errors: ProblemError; with the code `Offline` when there was no answer at all. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', query, body, signal } = options;
  const headers = new Headers({ accept: 'application/json', ...options.headers });
  if (body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
  if (method !== 'GET') headers.set(...sameOriginHeader);
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal !== undefined) init.signal = signal;
  const response = await fetch(apiPath(path, query), init).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ProblemError({
      title: 'The server was not reached',
      status: 0,
      detail: 'The server does not answer. What you typed is still here: try again.',
      code: 'Offline',
    });
  });
  if (!response.ok) throw await readProblem(response);
  return response;
}

/** The JSON of an answer that has some. The server and this page are of one version, so its shape is believed. */
export async function request<T>(path: string, options?: RequestOptions): Promise<T> {
  const response = await send(path, options);
  return await response.json();
}
