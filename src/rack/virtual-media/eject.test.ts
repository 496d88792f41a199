import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import { decideEject, type EjectDecision } from './eject.ts';

const now = Date.parse('2026-01-01T00:10:00Z');
const since = '2026-01-01T00:00:00Z';
const virtualMedia = { id: 'ABCD1234', rack: 'r', generation: 3, since };
const boot = { generation: 3, target: 'EphemeralOS', expiresAt: '2026-01-01T00:30:00Z' } as const;
const progress = (stage: 'Loader' | 'Agent', generation = 3) => ({ generation, stage, at: since, rack: 'r' });
const running = {
  request: { id: 'x', action: 'Cycle', requestedAt: since },
  result: { id: 'x', rack: 'r', outcome: 'Running', startedAt: since },
} as const;

describe('when a medium is taken out', () => {
  it.each<[string, MachineStatus, EjectDecision]>([
    ['never where there is none', { boot }, 'Nothing'],
    ['not while its boot goes on', { boot, virtualMedia, bootProgress: progress('Loader') }, 'Later'],
    ['when the agent on it has called', { boot, virtualMedia, bootProgress: progress('Agent') }, 'Eject'],
    [
      'not when the agent of an earlier boot had',
      { boot, virtualMedia, bootProgress: progress('Agent', 2) },
      'Later',
    ],
    ['when the next boot has begun', { boot: { ...boot, generation: 4 }, virtualMedia }, 'Eject'],
    ['when the boot has failed', { boot: { generation: 3, target: 'Disk' }, virtualMedia }, 'Eject'],
    ['when the boot has expired', { boot: { ...boot, expiresAt: since }, virtualMedia }, 'Eject'],
    ['when the status was lost', { virtualMedia }, 'Eject'],
    ['not while an order to the BMC is carried out', { virtualMedia, power: running }, 'Later'],
  ])('%s', (_sentence, status, expected) => {
    expect(decideEject(aMachine({ status }), now)).toBe(expected);
  });
});
