import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Applicant, hourMs, judge, type Policy, type Rule } from './judge.ts';

const now = Date.UTC(2026, 0, 1);
const applicant: Applicant = {
  subnet: 'rack-a',
  vendor: 'Dell Inc.',
  product: 'PowerEdge R650',
  mac: '52:54:00:12:34:56',
};

function policy(name: string, given: Partial<Policy> = {}): Policy {
  const rules: Rule[] = [{ subnets: ['rack-a'] }];
  return { name, priority: 0, suspended: false, rules, approvals: 0, recent: [], ...given };
}

function outcome(policies: Policy[], who: Applicant = applicant): string {
  const judgement = judge(who, policies, now);
  return judgement.kind === 'Approve' ? judgement.policy : judgement.reason;
}

describe('a rule', () => {
  it.each<[string, Rule, boolean]>([
    ['of its subnet fits', { subnets: ['x', 'rack-a'] }, true],
    ['of another subnet does not', { subnets: ['rack-b'] }, false],
    ['of its vendor in other letters fits', { vendors: ['dell inc.'] }, true],
    ['of the beginning of a vendor does not fit without a star', { vendors: ['Dell'] }, false],
    ['of the beginning of a product with a star fits', { products: ['PowerEdge*'] }, true],
    ['of whole bytes of the MAC address fits', { macPrefixes: ['52:54:00'] }, true],
    ['of half a byte of a MAC address does not', { macPrefixes: ['52:54:0'] }, false],
    ['of the whole MAC address fits', { macPrefixes: ['52:54:00:12:34:56'] }, true],
    ['fits only if all of it does', { subnets: ['rack-a'], vendors: ['HPE'] }, false],
  ])('%s', (_, rule, fits) => {
    expect(outcome([policy('p', { rules: [rule] })])).toBe(fits ? 'p' : 'NoPolicyFits');
  });

  it('about what is not known does not fit, and says so', () => {
    const judgement = judge({}, [policy('p', { rules: [{ vendors: ['*x'] }] })], now);
    expect(judgement).toMatchObject({
      reason: 'NoPolicyFits',
      message: expect.stringContaining('vendor is not known'),
    });
  });

  it('is one of several that need not all fit', () => {
    expect(outcome([policy('p', { rules: [{ vendors: ['HPE'] }, { subnets: ['rack-a'] }] })])).toBe('p');
  });
});

describe('policies', () => {
  it.each<[string, Policy[], string]>([
    ['are none', [], 'NoPolicy'],
    ['are all suspended', [policy('p', { suspended: true })], 'NoPolicy'],
    ['of one priority: the first by name approves', [policy('b'), policy('a')], 'a'],
    ['of a higher priority come first', [policy('a'), policy('b', { priority: 5 })], 'b'],
    ['that are full leave it to the next', [policy('a', { total: 3, approvals: 3 }), policy('b')], 'b'],
    ['that are full and alone approve nothing', [policy('a', { total: 3, approvals: 3 })], 'LimitReached'],
    [
      'count within the last hour alone',
      [policy('a', { perHour: 1, recent: [now - hourMs], approvals: 1 })],
      'a',
    ],
  ])('%s', (_, policies, expected) => {
    expect(outcome(policies)).toBe(expected);
  });

  it('say when there is room again', () => {
    const recent = [now - 1_000, now - 5_000, now - 10_000];
    expect(judge(applicant, [policy('a', { perHour: 2, recent })], now)).toMatchObject({
      reason: 'LimitReached',
      until: now - 5_000 + hourMs,
    });
  });

  it('never approve above a limit, whatever was approved before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -hourMs * 2, max: 0 })),
        fc.integer({ min: 1, max: 5 }),
        (ages, perHour) => {
          const recent = ages.map((age) => now + age);
          const room = recent.filter((at) => at > now - hourMs).length < perHour;
          expect(outcome([policy('p', { perHour, recent })])).toBe(room ? 'p' : 'LimitReached');
        },
      ),
    );
  });
});
