import { Agent, type ClientRequest, type RequestOptions, request } from 'node:http';

/** What requests are made with: HTTP, or HTTPS with what it trusts. */
export interface HttpTransport {
  request(url: string, options: RequestOptions): ClientRequest;
  /** Keeps its connections. */
  agent: Agent;
}

/** node:http: it loads far faster than fetch. */
export function plainTransport(maxSockets: number): HttpTransport {
  return { request, agent: new Agent({ keepAlive: true, maxSockets }) };
}
