import { Agent, request } from 'undici';
import type { z } from 'zod';
import { messageOf } from '../../errors/coded-error.ts';
import { parseJson } from '../../kube/json.ts';
import { tokenSafeUrl } from './admin-url.ts';

/** How the server is known to racks, and they to it. */
export interface RackTrust {
  /** PEM: who signs the certificates of racks. Undefined: those whom Node trusts. */
  ca?: Buffer | undefined;
  /** The name in the certificates of racks, where that is not the address. */
  serverName?: string | undefined;
}

/** What a rack answered, or why it did not. */
export type RackReply<T> = { kind: 'Answered'; body: T } | { kind: 'Refused' | 'Unreachable'; why: string };

/** Asks the admin endpoints of racks. */
export interface RackClient {
  /** Never rejects. @param path of the endpoint: `/leases` */
  ask<Schema extends z.ZodType>(
    adminUrl: string,
    path: string,
    asked: { token: string; query: URLSearchParams; schema: Schema },
  ): Promise<RackReply<z.output<Schema>>>;
  close(): Promise<void>;
}

const timeoutMs = 5_000;
const mostBytes = 4 * 1024 * 1024;

export function createRackClient({ ca, serverName }: RackTrust = {}): RackClient {
  const agent = new Agent({
    connect: {
      timeout: timeoutMs,
      ...(ca === undefined ? {} : { ca }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: mostBytes,
  });
  return {
    async ask(adminUrl, path, { token, query, schema }) {
      const url = tokenSafeUrl(adminUrl, path);
      if (url === undefined) {
        const why = 'its admin endpoint has no TLS, and tokens do not go there without';
        return { kind: 'Unreachable', why };
      }
      url.search = query.toString();
      try {
        const { statusCode, body } = await request(url, {
          dispatcher: agent,
          headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
        });
        const text = await body.text();
        if (statusCode !== 200)
          return { kind: 'Refused', why: `it answers ${statusCode} ${text.slice(0, 200)}` };
        const parsed = schema.safeParse(parseJson(text));
        if (!parsed.success) return { kind: 'Refused', why: 'its answer cannot be understood' };
        return { kind: 'Answered', body: parsed.data };
      } catch (error) {
        return { kind: 'Unreachable', why: messageOf(error) };
      }
    },
    close: () => agent.close(),
  };
}
