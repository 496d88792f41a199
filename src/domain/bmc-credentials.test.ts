import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addCandidate,
  type CredentialSet,
  type CredentialStore,
  knows,
  promote,
  wereUsed,
} from './bmc-credentials.ts';

const set = (id: string): CredentialSet => ({
  ...{ id, driver: 'ipmi', address: '192.0.2.1' },
  ...{ username: 'metalwright', password: `of ${id}` },
});
const empty: CredentialStore = { current: undefined, candidates: [] };

describe('the credentials of a BMC', () => {
  it('are candidates until they are promoted; the former stay at hand', () => {
    const first = promote(addCandidate(empty, set('a')), 'a');
    expect(first).toEqual({ current: set('a'), candidates: [] });
    const second = promote(addCandidate(first!, set('b')), 'b');
    expect(second).toEqual({ current: set('b'), candidates: [{ ...set('a'), used: true }] });
    expect(['a', 'b', 'c'].map((id) => wereUsed(second!, id))).toEqual([true, true, false]);
  });

  it('are not added twice, and promoting twice changes nothing', () => {
    const store = addCandidate(addCandidate(empty, set('a')), set('a'));
    expect(store.candidates).toHaveLength(1);
    const promoted = promote(store, 'a')!;
    expect(promote(promoted, 'a')).toBe(promoted);
    expect(addCandidate(promoted, set('a'))).toBe(promoted);
  });

  it('cannot be promoted when nobody knows them', () => {
    expect(promote(addCandidate(empty, set('a')), 'b')).toBeUndefined();
  });

  it('hold what is set at the BMC, wherever fewer than four attempts in a row break off', () => {
    const step = fc.record({ set: fc.boolean(), told: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let store = promote(addCandidate(empty, set('0')), '0')!;
        let atBmc = '0';
        let broken = 0;
        for (const [index, { set: isSet, told }] of steps.entries()) {
          const id = String(index + 1);
          const complete = (isSet && told) || broken === 3;
          store = addCandidate(store, set(id));
          if (isSet || complete) atBmc = id;
          if (complete) store = promote(store, id)!;
          broken = complete ? 0 : broken + 1;
          expect(knows(store, atBmc)).toBe(true);
        }
      }),
    );
  });
});
