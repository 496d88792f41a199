import { z } from 'zod';
import { createRackClient, type RackTrust } from '../../racks/rack-client.ts';

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

/** Asks a rack for a page of its leases. */
export interface LeaseClient {
  /** Never rejects. */
  ask(adminUrl: string, token: string, query: URLSearchParams): Promise<RackAnswer>;
  close(): Promise<void>;
}

export function createLeaseClient(trust: RackTrust = {}): LeaseClient {
  const client = createRackClient(trust);
  return {
    async ask(adminUrl, token, query) {
      const reply = await client.ask(adminUrl, '/leases', { token, query, schema: Page });
      if (reply.kind !== 'Answered') return reply;
      return { kind: 'Answered', items: reply.body.items, more: reply.body.next !== undefined };
    },
    close: () => client.close(),
  };
}
