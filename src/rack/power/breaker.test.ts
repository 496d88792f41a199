import { beforeEach, describe, expect, it } from 'vitest';
import { type Breakers, createBreakers } from './breaker.ts';

const minute = 60_000;

describe('the circuit breaker of a BMC', () => {
  let now: number;
  let breakers: Breakers;
  const kind = (): string => breakers.admit('chassis').kind;
  const fail = (times: number): void => {
    for (let i = 0; i < times; i++) breakers.report('chassis', false);
  };

  beforeEach(() => {
    now = 1_000_000;
    const clock = { now: () => now };
    breakers = createBreakers({ clock, firstPauseMs: minute, longestPauseMs: 5 * minute, trialMs: 80_000 });
  });

  it('holds nobody back for one lost answer', () => {
    fail(1);
    expect(kind()).toBe('go');
    expect(breakers.isOpen('chassis')).toBe(false);
  });

  it('opens after two in a row, for that address alone, in whatever letters', () => {
    fail(2);
    expect(breakers.admit('CHASSIS')).toEqual({ kind: 'wait', until: now + minute });
    expect(breakers.admit('another')).toEqual({ kind: 'go', isTrial: false });
  });

  it('lets one alone try when the pause is over, and the others when that one had an answer', () => {
    fail(2);
    now += minute;
    expect(breakers.admit('chassis')).toEqual({ kind: 'go', isTrial: true });
    expect(Array.from({ length: 39 }, kind)).toEqual(Array(39).fill('wait'));
    breakers.report('chassis', true);
    expect(kind()).toBe('go');
    expect(breakers.silentMs('chassis')).toBe(0);
  });

  it('gives the trial to another when nothing was heard of the first', () => {
    fail(2);
    now += minute;
    kind();
    now += 79_999;
    expect(kind()).toBe('wait');
    now += 1;
    expect(kind()).toBe('go');
  });

  it('pauses twice as long after each trial that fails, and never longer than the longest', () => {
    fail(2);
    const pauses: number[] = [];
    for (let trial = 0; trial < 5; trial++) {
      const admission = breakers.admit('chassis');
      if (admission.kind !== 'wait') throw new Error('it is open');
      pauses.push(admission.until - now);
      now = admission.until;
      expect(kind()).toBe('go');
      fail(1);
    }
    expect(pauses).toEqual([1, 2, 4, 5, 5].map((minutes) => minutes * minute));
  });

  it('knows since when a BMC has been silent', () => {
    fail(1);
    now += 30_000;
    fail(1);
    expect(breakers.silentMs('chassis')).toBe(30_000);
    expect(breakers.silentMs('another')).toBe(0);
  });
});
