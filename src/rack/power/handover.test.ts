import { describe, expect, it } from 'vitest';
import type { PowerResult } from '../../api/machine/power.ts';
import { powerErrors } from './errors.ts';
import { budgetFor, endOf, exhausted } from './handover.ts';
import { defaultPowerTimings, type PowerOutcome } from './steps.ts';

const at = '2026-01-01T00:00:00.000Z';
const now = Date.parse(at);
const running: PowerResult = { id: 'r1', rack: 'b', outcome: 'Running', step: 'On', startedAt: at };
const unreached: PowerOutcome = {
  outcome: 'Failed',
  state: 'Unknown',
  reason: 'BmcUnreachable',
  message: `power step On: no answer within 5 s: ${powerErrors.BmcUnreachable}`,
};
const tried = [{ rack: 'a', message: 'connection refused' }];

describe('how long a silent BMC is tried', () => {
  it.each([
    ['the whole budget where nobody else is left', 0, false, 90_000],
    ['a third where another rack may try', 0, true, 30_000],
    ['less by the time that it has been silent', 20_000, false, 70_000],
    ['once, when it has been silent for longer', 3_600_000, false, 0],
  ])('%s', (_sentence, silentMs, hasOthers, expected) => {
    expect(budgetFor(defaultPowerTimings, silentMs, hasOthers).unreachableBudgetMs).toBe(expected);
  });
});

describe('the end of a request at a rack', () => {
  it('is a handover when the BMC did not answer and another rack is left', () => {
    const end = endOf({ ...running, tried }, unreached, true, now);
    expect(end).toMatchObject({ id: 'r1', rack: 'b', outcome: 'HandedOver', step: 'On', startedAt: at });
    expect(end.tried).toEqual([...tried, { rack: 'b', message: 'power step On: no answer within 5 s' }]);
    expect(end.finishedAt).toBeUndefined();
  });

  it('is a failure that names each rack and what it saw when none is left', () => {
    const end = endOf({ ...running, tried }, unreached, false, now);
    expect(end).toMatchObject({ outcome: 'Failed', reason: 'BmcUnreachable', finishedAt: at });
    expect(end.message).toContain('rack a: connection refused; rack b: power step On: no answer within 5 s');
  });

  it('says the same as ever where one rack is all there is', () => {
    expect(endOf(running, unreached, false, now).message).toBe(unreached.message);
  });

  it.each<PowerOutcome>([
    { outcome: 'Failed', state: 'Unknown', reason: 'BmcAuthenticationFailed', message: 'no' },
    { outcome: 'Failed', state: 'Off', reason: 'PowerStateTimeout', message: 'no' },
    { outcome: 'Succeeded', state: 'On', message: 'on' },
  ])('is no handover after $outcome $reason, whoever else is there', (outcome) => {
    expect(endOf(running, outcome, true, now)).toMatchObject({ outcome: outcome.outcome, finishedAt: at });
  });

  it('keeps all racks in a message of the longest length', () => {
    const many = Array.from({ length: 16 }, (_, i) => ({ rack: `rack-${i}`, message: 'x'.repeat(512) }));
    const { message = '' } = exhausted({ ...running, tried: many }, now);
    expect(message.length).toBeLessThanOrEqual(1024);
    for (const { rack } of many) expect(message).toContain(`${rack}: x`);
  });
});
