import type { Transport } from '../../kube/transport.ts';
import { CliError } from '../errors.ts';
import { problemError, unreachable } from './problems.ts';

/** The REST API, asked as one person. */
export interface RestClient {
  /** An answer's JSON. @param path with its query. Errors: CliError. */
  get(path: string, signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** A database that has to think may need as long; a server that is gone is noticed by its connection. */
const patienceMs = 60_000;

/** @param url of the server, for messages */
export function createRestClient(transport: Transport, url: string): RestClient {
  return {
    async get(path, signal) {
      let status: number;
      let headers: Record<string, string | string[] | undefined>;
      let text: string;
      try {
        const response = await transport.send({
          ...{ method: 'GET', path, signal },
          ...{ headersTimeoutMs: patienceMs, bodyTimeoutMs: patienceMs },
        });
        ({ statusCode: status, headers } = response);
        text = await response.body.text();
      } catch (error) {
        if (signal.aborted) throw new CliError('interrupted', 'interrupted');
        throw unreachable(url, error);
      }
      const body = parsed(text);
      if (status !== 200) throw problemError(url, status, body, headers['retry-after'] !== undefined);
      if (body === undefined) throw problemError(url, status, undefined, false);
      return body;
    },
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
