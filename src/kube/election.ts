import type { Lease } from './core-resources.ts';

/** What one candidate knows when it has to decide. Times in milliseconds of its own monotonic clock. */
export interface ElectionView {
  identity: string;
  /** The lease as it was just read; undefined when there is none. */
  lease: Lease | undefined;
  /** When this candidate first saw the lease in this version. The lease's own times are another machine's clock. */
  observedAt: number;
  now: number;
}

export type ElectionDecision =
  | { kind: 'create' }
  /** Take it from nobody, or from one whose time is over. */
  | { kind: 'acquire' }
  /** It is ours already. */
  | { kind: 'renew' }
  /** It is another's; worth a try no sooner than this. */
  | { kind: 'wait'; holder: string; forMs: number };

/** How long to wait for a lease that does not say how long it lasts. */
const unknownDurationMs = 15_000;

/** Who may hold the lease: a foreign lease counts as held until it stayed unchanged for its whole duration, seen from here. */
export function decideElection({ identity, lease, observedAt, now }: ElectionView): ElectionDecision {
  if (lease === undefined) return { kind: 'create' };
  const holder = lease.spec?.holderIdentity ?? '';
  if (holder === '') return { kind: 'acquire' };
  if (holder === identity) return { kind: 'renew' };
  const seconds = lease.spec?.leaseDurationSeconds;
  const durationMs = seconds === undefined ? unknownDurationMs : seconds * 1000;
  const forMs = observedAt + durationMs - now;
  return forMs <= 0 ? { kind: 'acquire' } : { kind: 'wait', holder, forMs };
}

/** RFC 3339 with exactly six digits after the point, as `metav1.MicroTime` wants. @param epochMs since the Unix epoch. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}

/** The spec to write for a decision. @param seconds how long the lease lasts. */
export function leaseSpec(
  decision: 'create' | 'acquire' | 'renew' | 'release',
  previous: Lease | undefined,
  { identity, seconds, epochMs }: { identity: string; seconds: number; epochMs: number },
): NonNullable<Lease['spec']> {
  const renewTime = microTime(epochMs);
  const transitions = previous?.spec?.leaseTransitions ?? 0;
  switch (decision) {
    case 'create':
    case 'acquire':
      return {
        holderIdentity: identity,
        leaseDurationSeconds: seconds,
        acquireTime: renewTime,
        renewTime,
        leaseTransitions: decision === 'create' ? 0 : transitions + 1,
      };
    case 'renew':
      return {
        holderIdentity: identity,
        leaseDurationSeconds: seconds,
        acquireTime: previous?.spec?.acquireTime ?? renewTime,
        renewTime,
        leaseTransitions: transitions,
      };
    case 'release':
      return { ...previous?.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime };
  }
}
