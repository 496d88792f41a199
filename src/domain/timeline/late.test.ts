import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lateHead, lateMessage, latenessOf, lateReason } from './late.ts';
import { adviceOf, closedSteps, expectationOf } from './steps.ts';

const second = 1000;
const minute = 60 * second;

describe('how late a step is', () => {
  it.each<[string, number, number | 'never' | undefined, number | undefined, number | undefined]>([
    ['not at all before its time', 30, 60, 600, undefined],
    ['a little at first', 61, 60, 600, 0],
    ['by a minute after a minute', 121, 60, 600, 1],
    ['by two after three', 60 + 190, 60, 6000, 2],
    ['by four after seven', 60 + 430, 60, 6000, 4],
    ['at half of the wait, where that is earlier', 41, 60, 80, 0],
    ['at half of the wait, where nothing is known', 41, undefined, 80, 0],
    ['never where a person decides', 100_000, 'never', 80, undefined],
    ['never where nothing is known and nothing ends it', 100_000, undefined, undefined, undefined],
    ['no more than at its end', 100_000, 60, 60 + 300, 4],
  ])('is %s', (_, now, late, limit, minutes) => {
    const deadline = limit === undefined ? undefined : limit * second;
    const { over } = latenessOf({ step: 'Dhcp', since: 0, deadline }, { late }, now * second);
    expect(over).toBe(minutes === undefined ? undefined : minutes * minute);
  });

  it('is news a few times only, and well before the wait ends', () => {
    const ends = fc.integer({ min: 2, max: 48 * 3600 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), ends, (late, limit) => {
        const awaited = { step: 'Dhcp', since: 0, deadline: limit * second };
        const first = latenessOf(awaited, { late }, 0);
        expect(first.lateAt).toBeLessThanOrEqual(Math.max(second, (limit * second) / 2));
        let news = 0;
        let at = first.changesAt;
        let before = -1;
        while (at !== undefined && news < 100) {
          news += 1;
          const next = latenessOf(awaited, { late }, at);
          expect(next.over ?? -1).toBeGreaterThan(before);
          before = next.over ?? -1;
          expect(next.changesAt ?? Number.POSITIVE_INFINITY).toBeGreaterThan(at);
          at = next.changesAt;
        }
        expect(news).toBeLessThan(15);
      }),
    );
  });

  it('is told in one message: which step, by how much, what was heard, what to look at', () => {
    const awaited = { step: 'Loader', since: Date.UTC(2026, 0, 1), deadline: Date.UTC(2026, 0, 1, 0, 10) };
    const expectation = expectationOf('Loader', 'BIOS');
    const lateness = latenessOf(awaited, expectation, Date.UTC(2026, 0, 1, 0, 3));
    const heard = 'Dhcp at rack r1';
    const message = lateMessage({ awaited, lateness, expectation, work: 'Install', heard });
    expect(message.startsWith(lateHead({ awaited, lateness }))).toBe(true);
    expect(message).toBe(
      'Late by more than 2 min: the boot loader asks for its script. Awaited since 2026-01-01T00:00:00Z, usually within 5 s, ' +
        'late after 45 s. The wait ends at 2026-01-01T00:10:00Z. Last heard: Dhcp at rack r1. To look at: look for a foreign DHCP ' +
        'server and for a firewall before TFTP and HTTP of the rack; check the firmware mode.',
    );
  });

  it('has a reason and an advice for every step', () => {
    for (const step of closedSteps) {
      expect(lateReason(step)).toMatch(/^Late[A-Z][A-Za-z]+$/);
      expect(adviceOf(step, 'Install')).toMatch(/^[a-z].+[A-Za-z0-9]$/);
    }
  });
});
