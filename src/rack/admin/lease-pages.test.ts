import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countLeases,
  type LeaseQuery,
  pageOfLeases,
  parseLeaseQuery,
  type ShownLease,
} from './lease-pages.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const all: LeaseQuery = { subnet: undefined, mac: undefined, state: undefined, after: -1, limit: 500 };

function lease(address: number, part: Partial<ShownLease> = {}): ShownLease {
  return {
    ...{ address, subnet: 's', mac: '52:54:00:00:00:01', client: 'c', hostname: undefined },
    ...{ state: 'Bound', end: now + 1000 },
    ...part,
  };
}

describe('the query of /leases', () => {
  it('has defaults', () => {
    expect(parseLeaseQuery(new URLSearchParams())).toEqual(all);
  });

  it('takes a MAC address in any notation', () => {
    expect(
      parseLeaseQuery(new URLSearchParams('mac=5254.0000.0001&state=Bound&after=10.0.0.1&limit=5')),
    ).toEqual({
      subnet: undefined,
      mac: '52:54:00:00:00:01',
      state: 'Bound',
      after: 0x0a000001,
      limit: 5,
    });
  });

  it.each([
    'mac=x',
    'state=bound',
    'after=10.0.0',
    'after=::1',
    'limit=0',
    'limit=5001',
    'limit=1e3',
    'limit=-1',
    'page=2',
  ])('refuses %s and says why', (text) => {
    expect(parseLeaseQuery(new URLSearchParams(text))).toMatch(/: /);
  });
});

describe('pages of leases', () => {
  it('are by address, and say where the next one begins', async () => {
    const leases = [3, 1, 2].map((address) => lease(address));
    const page = await pageOfLeases(leases, { ...all, limit: 2 }, now);
    expect(page.items.map(({ address }) => address)).toEqual(['0.0.0.1', '0.0.0.2']);
    expect(page.next).toBe('0.0.0.2');
    const last = await pageOfLeases(leases, { ...all, limit: 2, after: 2 }, now);
    expect([last.items.length, last.next]).toEqual([1, undefined]);
  });

  it.each<[string, Partial<LeaseQuery>, number[]]>([
    ['a subnet', { subnet: 't' }, [2]],
    ['a MAC address', { mac: '52:54:00:00:00:09' }, [3]],
    ['a state', { state: 'Bound' }, [1, 2, 3]],
    ['those that ended', { state: 'Expired' }, [4]],
    ['those that were given back, also when they ended', { state: 'Released' }, [5]],
  ])('are of %s when that is asked for', async (_sentence, part, addresses) => {
    const leases = [
      lease(1),
      lease(2, { subnet: 't' }),
      lease(3, { mac: '52:54:00:00:00:09' }),
      lease(4, { end: now }),
      lease(5, { state: 'Released', end: now - 1 }),
    ];
    const { items } = await pageOfLeases(leases, { ...all, ...part }, now);
    expect(items.map(({ address }) => Number(address.split('.')[3]))).toEqual(addresses);
  });

  it('show every lease once, whatever their number and order', async () => {
    const addresses = fc.uniqueArray(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(addresses, fc.integer({ min: 1, max: 20 }), async (numbers, limit) => {
        const leases = numbers.map((address) => lease(address));
        const seen: string[] = [];
        let query: LeaseQuery | string = { ...all, limit };
        for (let turn = 0; turn < 100 && typeof query !== 'string'; turn += 1) {
          const page = await pageOfLeases(leases, query, now);
          seen.push(...page.items.map(({ address }) => address));
          if (page.next === undefined) break;
          query = parseLeaseQuery(new URLSearchParams({ after: page.next, limit: String(limit) }));
        }
        const sorted = [...numbers].sort((a, b) => a - b);
        expect(seen).toEqual(
          sorted.map((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.')),
        );
      }),
    );
  });

  it('are right for more leases than are kept in memory at once', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => lease((index * 7919) % 10_007));
    const page = await pageOfLeases(many, { ...all, limit: 3 }, now);
    expect(page.items.map(({ address }) => address)).toEqual(['0.0.0.0', '0.0.0.1', '0.0.0.2']);
  });
});

describe('the count of leases', () => {
  it('is by subnet and state', async () => {
    const leases = [lease(1), lease(2), lease(3, { end: now }), lease(4, { subnet: 't', state: 'Declined' })];
    expect(await countLeases(leases, now)).toEqual([
      { subnet: 's', state: 'Bound', count: 2 },
      { subnet: 's', state: 'Expired', count: 1 },
      { subnet: 't', state: 'Declined', count: 1 },
    ]);
  });
});
