import { describe, expect, it } from 'vitest';
import { createRenewals } from './renewals.ts';

describe('renewals', () => {
  it('counts silence from the last change that was seen, whatever time the holder writes', () => {
    const renewals = createRenewals();
    renewals.saw('rack', '2001-01-01T00:00:00Z', 1_000);
    renewals.saw('rack', '2001-01-01T00:00:00Z', 5_000);
    expect(renewals.silence('rack', 6_000)).toBe(5_000);
    renewals.saw('rack', '2001-01-01T00:00:10Z', 7_000);
    expect(renewals.silence('rack', 7_500)).toBe(500);
  });

  it('takes a lease that goes or comes for a change', () => {
    const renewals = createRenewals();
    renewals.saw('rack', undefined, 0);
    expect(renewals.silence('rack', 10)).toBe(10);
    renewals.saw('rack', '2026-01-01T00:00:00Z', 20);
    expect(renewals.silence('rack', 25)).toBe(5);
  });

  it('knows nothing of who was never met or is forgotten', () => {
    const renewals = createRenewals();
    renewals.saw('rack', 'x', 0);
    renewals.forget('rack');
    expect(renewals.silence('rack', 1)).toBeUndefined();
    expect(renewals.silence('other', 1)).toBeUndefined();
  });

  it('is not confused by a clock that was set back', () => {
    const renewals = createRenewals();
    renewals.saw('rack', 'x', 1_000);
    expect(renewals.silence('rack', 500)).toBe(0);
  });
});
