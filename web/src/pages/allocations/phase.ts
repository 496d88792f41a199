import type { Allocation } from '../../../../src/api/allocation/schema.ts';
import type { Tone } from '../../components/badge.tsx';
import { conditionOf } from '../../components/conditions.tsx';

export type AllocationPhase = NonNullable<NonNullable<Allocation['status']>['phase']>;

const tones: Readonly<Record<AllocationPhase, Tone>> = {
  Pending: 'warn',
  Bound: 'busy',
  Deploying: 'busy',
  Deployed: 'ok',
  Failed: 'bad',
  Releasing: 'busy',
};

/** How far an Allocation has come, as a word with its colour. One that is being deleted is released, whatever its status says yet. */
export function allocationState({ metadata, status }: Pick<Allocation, 'metadata' | 'status'>): {
  words: string;
  tone: Tone;
} {
  if (metadata.deletionTimestamp !== undefined) return { words: 'Releasing', tone: 'busy' };
  const phase = status?.phase;
  return phase === undefined ? { words: 'New', tone: 'quiet' } : { words: phase, tone: tones[phase] };
}

/** Why it is not further, in a sentence; undefined when all is well. */
export function waitsFor({ status }: Pick<Allocation, 'status'>): string | undefined {
  const ready = conditionOf(status?.conditions, 'Ready');
  return ready === undefined || ready.status === 'True' || ready.message === '' ? undefined : ready.message;
}
