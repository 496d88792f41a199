import type { Transport } from '../../kube/transport.ts';
import { CliError } from '../errors.ts';
import { problemError, unreachable } from './problems.ts';

/** What is sent beside a path. */
export interface RestBody {
  /** Bytes as they are, or an object as JSON. */
  body?: Uint8Array | object;
  headers?: Readonly<Record<string, string>>;
}

/** The REST API, asked as one person. */
export interface RestClient {
  /** An answer's JSON. @param path with its query. Errors: CliError. */
  get(path: string, signal: AbortSignal): Promise<unknown>;
  /** As `get`; undefined: an answer without content. Errors: CliError. */
  send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    sent: RestBody,
    signal: AbortSignal,
  ): Promise<unknown>;
  close(): Promise<void>;
}

/** A database that has to think may need as long; a server that is gone is noticed by its connection. */
const patienceMs = 60_000;

/** @param url of the server, for messages */
export function createRestClient(transport: Transport, url: string): RestClient {
  async function ask(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    { body, headers: given = {} }: RestBody,
    signal: AbortSignal,
  ): Promise<unknown> {
    const isBytes = body instanceof Uint8Array;
    let status: number;
    let headers: Record<string, string | string[] | undefined>;
    let text: string;
    try {
      const response = await transport.send({
        ...{ method, path, signal, headers: given },
        ...{ headersTimeoutMs: patienceMs, bodyTimeoutMs: patienceMs },
        ...(body === undefined
          ? {}
          : {
              contentType: isBytes ? 'application/octet-stream' : 'application/json',
              body: isBytes ? body : JSON.stringify(body),
            }),
      });
      ({ statusCode: status, headers } = response);
      text = await response.body.text();
    } catch (error) {
      if (signal.aborted) throw new CliError('interrupted', 'interrupted');
      throw unreachable(url, error);
    }
    if (status === 204) return undefined;
    const answer = parsed(text);
    if (status !== 200 && status !== 201)
      throw problemError(url, status, answer, headers['retry-after'] !== undefined);
    if (answer === undefined) throw problemError(url, status, undefined, false);
    return answer;
  }

  return {
    get: (path, signal) => ask('GET', path, {}, signal),
    send: ask,
    close: () => transport.close(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
