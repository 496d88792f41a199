import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { policyConditions } from '../../api/machine/policy.ts';
import { isNews, ownedOf } from '../machine/decide.ts';
import { ownedPolicies } from './decide.ts';

const condition = (type: string) => ({
  type,
  status: 'True' as const,
  reason: 'Because',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const machine = aMachine({
  status: { phase: 'Ready', conditions: ['Ready', ...policyConditions].map(condition) },
});

describe('two managers of one status', () => {
  it('take each their own conditions for theirs, and the others for no news', () => {
    expect(ownedOf({ machine }).conditions).toEqual([condition('Ready')]);
    expect(ownedPolicies(machine.status).conditions).toEqual(policyConditions.map(condition));
    const observed = {
      ...{ machine, hardware: undefined, allocation: undefined, image: undefined, rackUrl: undefined },
      ...{ addresses: [], actions: [] },
    };
    expect(isNews(observed, ownedOf({ machine }))).toBe(false);
  });
});
