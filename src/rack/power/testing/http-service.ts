import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';

/** What a simulated service was asked. */
export interface ServiceRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** What it answers: a text is sent as it is, anything else as JSON. */
export interface ServiceAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Before anything is sent; the connection's end cuts it short. */
  delayMs?: number;
}

/** An HTTP service on the loopback that stands for a BMC. */
export interface HttpService {
  /** `http://127.0.0.1:…` */
  address: string;
  /** Everything that it was asked, in order. */
  requests: ServiceRequest[];
  close(): Promise<void>;
}

/** Starts one that answers by `handle`; `undefined` is a 404. */
export async function startHttpService(
  handle: (request: ServiceRequest) => ServiceAnswer | undefined,
): Promise<HttpService> {
  const requests: ServiceRequest[] = [];
  const server = createServer(async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    const { method = '', url = '', headers } = incoming;
    const request = { method, path: url, headers, body };
    requests.push(request);
    const { status = 200, headers: own, body: answer, delayMs } = handle(request) ?? { status: 404 };
    if (delayMs !== undefined) await untilClosed(response, delayMs);
    response.writeHead(status, own);
    response.end(typeof answer === 'string' || answer === undefined ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    address: `http://127.0.0.1:${address.port}`,
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function untilClosed(response: ServerResponse, longestMs: number): Promise<void> {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  await setTimeout(longestMs, undefined, { signal: closed.signal }).catch(() => undefined);
}
