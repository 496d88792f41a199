import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Parsed when it is JSON. */
  json: Record<string, unknown>;
}

/** One request from a loopback address of the caller's choice: 127.0.0.0/8 is all ours. */
export async function call(
  url: string,
  options: {
    method?: string;
    from?: string;
    key?: string;
    json?: unknown;
    headers?: Record<string, string>;
  } = {},
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const body = options.json === undefined ? undefined : JSON.stringify(options.json);
  const outgoing = request(
    url,
    {
      method: options.method ?? (body === undefined ? 'GET' : 'POST'),
      localAddress: options.from ?? '127.0.0.1',
      agent: false,
      headers: {
        ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
    },
    (response) => {
      buffer(response).then((bytes) => {
        const text = bytes.toString();
        const isJson = /json/.test(response.headers['content-type'] ?? '');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? JSON.parse(text) : {},
        });
      }, reject);
    },
  );
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

/** The boot token in a boot script. */
export function tokenOf(script: string): string | undefined {
  return /mw\.token=(\S+)/.exec(script)?.[1];
}
