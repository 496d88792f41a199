import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BootableMachine, decideBoot } from './decide-boot.ts';

const now = Date.UTC(2026, 10, 22, 12);
const boot = { generation: 3, target: 'EphemeralOS', expiresAt: '2026-11-22T12:10:00Z' } as const;
const spec = { approved: true };
const task = { id: 't', generation: 3, kind: 'Install' } as const;

describe('decideBoot', () => {
  it('asks an unknown machine what it is', () => {
    expect(decideBoot(undefined, now)).toEqual({ kind: 'Enlist' });
  });

  it.each([
    ['Inventory', 'Commission'],
    ['Install', 'Install'],
    ['Erase', 'Erase'],
  ] as const)('boots the ephemeral OS for a task of kind %s', (kind, purpose) => {
    const machine = { spec, status: { boot, task: { ...task, kind } } };
    expect(decideBoot(machine, now)).toEqual({ kind: 'EphemeralOS', generation: 3, purpose });
  });

  it.each<[string, BootableMachine['status'], string]>([
    ['has no status yet', undefined, 'NotExpected'],
    ['is to boot its disk', { boot: { ...boot, target: 'Disk' }, task }, 'NotExpected'],
    ['was expected until now', { boot: { ...boot, expiresAt: '2026-11-22T12:00:00Z' }, task }, 'Expired'],
    ['has an expiry that nobody can read', { boot: { ...boot, expiresAt: 'soon' }, task }, 'Expired'],
    ['has no task', { boot }, 'NoTask'],
    ['has a task of another generation', { boot, task: { ...task, generation: 2 } }, 'NoTask'],
    ['is installed', { boot, task, taskResult: { id: 't', outcome: 'Succeeded' } }, 'TaskEnded'],
    ['failed its task', { boot, task, taskResult: { id: 't', outcome: 'Failed' } }, 'TaskEnded'],
  ])('sends a machine to its disk that %s', (_, status, why) => {
    expect(decideBoot({ spec, status }, now)).toEqual({ kind: 'LocalDisk', why });
  });

  it.each<[string, BootableMachine['status']]>([
    ['runs its task already', { boot, task, taskResult: { id: 't', outcome: 'Running' } }],
    ['ended an earlier task', { boot, task, taskResult: { id: 'earlier', outcome: 'Succeeded' } }],
    ['is expected without an end', { boot: { ...boot, expiresAt: undefined }, task }],
  ])('boots the ephemeral OS on a machine that %s', (_, status) => {
    expect(decideBoot({ spec, status }, now).kind).toBe('EphemeralOS');
  });

  const withdrawn = { approved: false };
  const quarantined = { approved: true, quarantined: true };
  it.each<[string, BootableMachine, ReturnType<typeof decideBoot>['kind']]>([
    [
      'asks what it is, while its inventory is awaited',
      { spec: withdrawn, status: { phase: 'Enlisting' } },
      'Enlist',
    ],
    ['sends to its disk', { spec: withdrawn, status: { phase: 'New' } }, 'LocalDisk'],
    ['gives no task', { spec: withdrawn, status: { phase: 'Deploying', boot, task } }, 'LocalDisk'],
    ['gives no task, in quarantine,', { spec: quarantined, status: { boot, task } }, 'LocalDisk'],
    ['erases', { spec: withdrawn, status: { boot, task: { ...task, kind: 'Erase' } } }, 'EphemeralOS'],
    [
      'boots, when a policy approved it,',
      { spec: withdrawn, status: { approval: {}, boot, task } },
      'EphemeralOS',
    ],
  ])('%s a machine that nobody approved in spec', (_, machine, kind) => {
    expect(decideBoot(machine, now).kind).toBe(kind);
  });

  it('never boots the ephemeral OS later, once it no longer did', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(1e9), (first, later) => {
        const machine = { spec, status: { boot, task } };
        const before = decideBoot(machine, now + first).kind;
        const after = decideBoot(machine, now + first + later).kind;
        return before === 'EphemeralOS' || after !== 'EphemeralOS';
      }),
    );
  });
});
