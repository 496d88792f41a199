import { describe, expect, it } from 'vitest';
import type { Lease } from './core-resources.ts';
import { decideElection, leaseSpec, microTime } from './election.ts';

function lease(spec: Lease['spec']): Lease {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x' }, spec };
}

const held = { holderIdentity: 'other', leaseDurationSeconds: 15 };

describe('decideElection', () => {
  const cases = {
    'creates the lease when there is none': { lease: undefined, sinceMs: 0, want: { kind: 'create' } },
    'takes a lease that was given back': {
      lease: lease({ holderIdentity: '', leaseDurationSeconds: 1 }),
      sinceMs: 0,
      want: { kind: 'acquire' },
    },
    'takes a lease without a spec': { lease: lease(undefined), sinceMs: 0, want: { kind: 'acquire' } },
    'renews its own lease, also after its time': {
      lease: lease({ ...held, holderIdentity: 'me' }),
      sinceMs: 60_000,
      want: { kind: 'renew' },
    },
    'waits for another as long as the lease may be held': {
      lease: lease(held),
      sinceMs: 14_999,
      want: { kind: 'wait', holder: 'other', forMs: 1 },
    },
    'takes a lease that stayed unchanged for its whole duration': {
      lease: lease(held),
      sinceMs: 15_000,
      want: { kind: 'acquire' },
    },
    'does not believe the times in the lease, which are of another clock': {
      lease: lease({ ...held, renewTime: '1999-01-01T00:00:00.000000Z' }),
      sinceMs: 1000,
      want: { kind: 'wait', holder: 'other', forMs: 14_000 },
    },
    'waits 15 s for a lease that does not say how long it lasts': {
      lease: lease({ holderIdentity: 'other' }),
      sinceMs: 5000,
      want: { kind: 'wait', holder: 'other', forMs: 10_000 },
    },
  };
  for (const [name, { lease: seen, sinceMs, want }] of Object.entries(cases)) {
    it(name, () => {
      expect(decideElection({ identity: 'me', lease: seen, observedAt: 1000, now: 1000 + sinceMs })).toEqual(
        want,
      );
    });
  }
});

describe('leaseSpec', () => {
  const by = { identity: 'me', seconds: 15, epochMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) };
  const now = '2026-01-02T03:04:05.006000Z';

  it('writes microseconds as the API server wants them', () => {
    expect(microTime(by.epochMs)).toBe(now);
  });

  it('counts a change of hands', () => {
    expect(leaseSpec('acquire', lease({ ...held, leaseTransitions: 4 }), by)).toEqual({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 5,
    });
  });

  it('keeps the time of acquisition when it renews', () => {
    const acquireTime = '2026-01-01T00:00:00.000000Z';
    const spec = leaseSpec('renew', lease({ holderIdentity: 'me', acquireTime, leaseTransitions: 5 }), by);
    expect(spec).toMatchObject({ acquireTime, renewTime: now, leaseTransitions: 5 });
  });

  it('names nobody when it is given back', () => {
    const spec = leaseSpec('release', lease({ ...held, leaseTransitions: 5 }), by);
    expect(spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 5 });
  });
});
