import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../subnet-plan.ts';
import { ExpiryHeap } from './expiry-heap.ts';
import { isHeld, type LeaseEntry, type LeaseState } from './lease.ts';
import { LeaseTable } from './lease-table.ts';

const plan = planOf({
  name: 'a',
  cidr: '10.0.0.0/28',
  gateway: '10.0.0.3',
  dnsServers: [],
  ntpServers: [],
  dynamicRanges: [
    { start: '10.0.0.9', end: '10.0.0.10' },
    { start: '10.0.0.2', end: '10.0.0.5' },
  ],
  leaseSeconds: 60,
  serverAddress: '10.0.0.1',
  bootDisabled: false,
});
const pool = plan.ranges.flatMap(({ start, end }) =>
  Array.from({ length: end - start + 1 }, (_, i) => start + i),
);

function entry(client: string, address: number, state: LeaseState, end: number): LeaseEntry {
  return { address, subnet: 'a', client, mac: client, hostname: undefined, state, end };
}

const step = fc.record({
  client: fc.integer({ min: 0, max: 7 }).map((n) => `c${n}`),
  wait: fc.nat(40),
  requested: fc.option(fc.constantFrom(...pool, 1, 2), { nil: undefined }),
  outcome: fc.constantFrom<LeaseState>('Offered', 'Bound', 'Released', 'Declined'),
});

describe('the lease table', () => {
  it('splits the ranges around the gateway, lowest first', () => {
    expect(pool.map((address) => address & 15)).toEqual([2, 4, 5, 9, 10]);
  });

  it('picks by the order of RFC 2131, 4.3.1, and never what another client holds', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new LeaseTable();
        let now = 1000;
        for (const { client, wait, requested, outcome } of steps) {
          now += wait;
          const own = table.of(client, 'a');
          const free = pool.filter((address) => {
            const holder = table.at(address);
            return holder === undefined || !isHeld(holder, now);
          });
          const picked = table.pick(plan, client, requested, now);
          expect(table.pick(plan, client, requested, now)).toBe(picked);
          if (own !== undefined) {
            expect(picked).toBe(own.address);
          } else if (requested !== undefined && free.includes(requested)) {
            expect(picked).toBe(requested);
          } else {
            const unused = free.find((address) => table.at(address) === undefined);
            const ended = free.toSorted((a, b) => (table.at(a)?.end ?? 0) - (table.at(b)?.end ?? 0) || a - b);
            expect(picked).toBe(unused ?? ended[0]);
          }
          if (picked === undefined) continue;
          const end = outcome === 'Released' ? now : now + (outcome === 'Offered' ? 10 : 60);
          table.put(entry(outcome === 'Declined' ? '' : client, picked, outcome, end));
          const holders = [...table.entries()].map((held) => held.client).filter(Boolean);
          expect(new Set(holders).size).toBe(holders.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('goes on searching when the ranges change', () => {
    const table = new LeaseTable();
    for (const [index, address] of pool.entries()) table.put(entry(`c${index}`, address, 'Bound', 500));
    expect(table.pick(plan, 'new', undefined, 100)).toBeUndefined();
    const wider = planOf({ ...plan.subnet, dynamicRanges: [{ start: '10.0.0.2', end: '10.0.0.12' }] });
    expect(table.pick(wider, 'new', undefined, 100)).toBe((pool[2] ?? 0) + 1);
  });

  it('frees at once what a client was only offered when it gets another address', () => {
    const table = new LeaseTable();
    const [first = 0, second = 0] = pool;
    table.put(entry('c', first, 'Offered', 500));
    table.put(entry('c', second, 'Bound', 500));
    expect(table.of('c', 'a')?.address).toBe(second);
    expect(table.pick(plan, 'd', first, 100)).toBe(first);
  });

  it('keeps to its end what a client held before it got another address', () => {
    const table = new LeaseTable();
    const [first = 0, second = 0] = pool;
    table.put(entry('c', first, 'Bound', 500));
    table.put(entry('c', second, 'Bound', 500));
    expect(table.pick(plan, 'd', first, 100)).not.toBe(first);
    expect(table.pick(plan, 'd', first, 500)).toBe(first);
  });

  it('does not grow with renewals', () => {
    const table = new LeaseTable();
    table.pick(plan, 'c', undefined, 0);
    for (let end = 0; end < 5000; end += 1) table.put(entry('c', pool[0] ?? 0, 'Bound', end));
    expect(table.size).toBe(1);
    expect(table.pick(plan, 'd', undefined, 0)).toBe(pool[1]);
  });
});

describe('the expiry heap', () => {
  it('gives back what was put in, sorted by end and address', () => {
    const item = fc.record({ address: fc.nat(9), end: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const heap = new ExpiryHeap();
        for (const each of items) heap.push(each);
        const sorted = items.map(() => heap.pop());
        expect(sorted).toEqual(items.toSorted((a, b) => a.end - b.end || a.address - b.address));
        expect(heap.pop()).toBeUndefined();
      }),
    );
  });
});
