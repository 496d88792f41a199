import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { createBuckets, sourceOf } from './buckets.ts';

describe('a bucket', () => {
  it('gives what it holds, says when there is more, and fills up again', async () => {
    const timers = createManualTimers();
    const buckets = createBuckets(timers, { perSecond: 2, burst: 3 });
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([undefined, undefined, undefined, 0.5]);
    expect(buckets.take('b')).toBeUndefined();
    await timers.advance(500);
    expect([buckets.take('a'), buckets.take('a')]).toEqual([undefined, 0.5]);
    await timers.advance(3_600_000);
    expect([1, 2, 3, 4].map(() => buckets.take('a'))).toEqual([undefined, undefined, undefined, 0.5]);
  });

  it('is one of a bounded number, whoever comes', () => {
    const buckets = createBuckets(createManualTimers(), { perSecond: 1, burst: 1 }, 100);
    for (let at = 0; at < 1_000; at += 1) buckets.take(`stranger-${at}`);
    expect(buckets.size()).toBe(100);
  });

  it('never gives more than the rate and what it held, in any order of requests', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ wait: fc.nat(2_000), cost: fc.integer({ min: 1, max: 4 }) })),
        async (requests) => {
          const timers = createManualTimers();
          const buckets = createBuckets(timers, { perSecond: 3, burst: 5 });
          let [given, ms] = [0, 0];
          for (const { wait, cost } of requests) {
            await timers.advance(wait);
            ms += wait;
            if (buckets.take('a', cost) === undefined) given += cost;
            expect(given).toBeLessThanOrEqual(5 + (ms / 1000) * 3 + 1e-6);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a source', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:ffff::', '2001:db8:0:0::/64'],
    ['2001:0DB8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('of %s is %s', (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });
});
