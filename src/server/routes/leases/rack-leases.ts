import { Agent, request } from 'undici';
import { z } from 'zod';
import { messageOf } from '../../../errors/coded-error.ts';
import { parseJson } from '../../../kube/json.ts';

/** A lease as a rack tells it: see docs/reference/admin-endpoint.md. */
export const RackLease = z.object({
  address: z.ipv4(),
  subnet: z.string(),
  mac: z.string(),
  client: z.string().describe('The client identifier, in hexadecimal digits.'),
  hostname: z.string().optional(),
  state: z.string().describe('Offered, Bound, Released, Declined or Expired.'),
  end: z.string().describe('When it ends, or ended.'),
});
export type RackLease = z.infer<typeof RackLease>;

const Page = z.object({ items: z.array(RackLease), next: z.string().optional() });

/** What a rack answered, or why it did not. */
export type RackAnswer =
  | { kind: 'Answered'; items: RackLease[]; more: boolean }
  | { kind: 'Refused' | 'Unreachable'; why: string };

/** How the server is known to racks, and they to it. */
export interface RackTrust {
  /** PEM: who signs the certificates of racks. Undefined: those whom Node trusts. */
  ca?: Buffer | undefined;
  /** The name in the certificates of racks, where that is not the address. */
  serverName?: string | undefined;
}

/** Asks a rack for a page of its leases. */
export interface LeaseClient {
  /** Never rejects. */
  ask(adminUrl: string, token: string, query: URLSearchParams): Promise<RackAnswer>;
  close(): Promise<void>;
}

const timeoutMs = 5_000;
const mostBytes = 4 * 1024 * 1024;

export function createLeaseClient({ ca, serverName }: RackTrust = {}): LeaseClient {
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
    async ask(adminUrl, token, query) {
      const url = leasesUrl(adminUrl);
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
        const page = Page.safeParse(parseJson(text));
        if (!page.success) return { kind: 'Refused', why: 'its answer cannot be understood' };
        return { kind: 'Answered', items: page.data.items, more: page.data.next !== undefined };
      } catch (error) {
        return { kind: 'Unreachable', why: messageOf(error) };
      }
    },
    close: () => agent.close(),
  };
}

/** Undefined: tokens do not go there, since nothing would hide them. */
function leasesUrl(adminUrl: string): URL | undefined {
  if (!URL.canParse(adminUrl)) return undefined;
  const url = new URL('/leases', adminUrl);
  const isLoopback = /^(127\.[\d.]+|localhost|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback) ? url : undefined;
}
