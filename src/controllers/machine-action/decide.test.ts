import { describe, expect, it } from 'vitest';
import type { Machine } from '../../api/machine/schema.ts';
import type { MachineAction } from '../../api/machine-action/schema.ts';
import { decideAction } from './decide.ts';

const now = Date.parse('2026-03-01T12:00:00Z');

function anAction(status?: MachineAction['status']): MachineAction {
  return {
    apiVersion: 'metalwright.dev/v1alpha1',
    kind: 'MachineAction',
    metadata: { name: 'a', uid: 'a-uid', creationTimestamp: '2026-03-01T11:00:00Z' },
    spec: { machine: 'm1', action: 'PowerOn' },
    ...(status === undefined ? {} : { status }),
  };
}

function aMachine(action?: NonNullable<Machine['status']>['action']): Machine {
  return {
    apiVersion: 'metalwright.dev/v1alpha1',
    kind: 'Machine',
    metadata: { name: 'm1' },
    spec: {
      macAddresses: ['52:54:00:00:00:01'],
      architecture: 'amd64',
      approved: true,
      zone: 'default',
      pool: 'default',
      tags: [],
      locked: false,
      maintenance: false,
    },
    status: action === undefined ? {} : { action },
  };
}

const said = (outcome: 'Running' | 'Succeeded' | 'Failed' | 'Refused', uid = 'a-uid') =>
  aMachine({ name: 'a', uid, outcome, message: 'as it is' });

describe('a MachineAction', () => {
  it('is Pending at first', () => {
    expect(decideAction(anAction(), aMachine(), now)).toMatchObject({ status: { phase: 'Pending' } });
  });
  it('waits while the machine has not taken it up', () => {
    const pending = anAction({ phase: 'Pending' });
    expect(decideAction(pending, said('Running', 'other'), now)).toEqual({ kind: 'Wait', forMs: undefined });
  });
  it.each(['Succeeded', 'Failed', 'Refused'] as const)('ends as %s when the machine says so', (outcome) => {
    expect(decideAction(anAction({ phase: 'Pending' }), said(outcome), now)).toMatchObject({
      status: {
        phase: outcome,
        message: 'as it is',
        startedAt: '2026-03-01T12:00:00Z',
        finishedAt: '2026-03-01T12:00:00Z',
      },
    });
  });
  it('keeps the time of its begin', () => {
    const running = anAction({ phase: 'Running', startedAt: '2026-03-01T11:59:00Z' });
    expect(decideAction(running, said('Running'), now)).toEqual({ kind: 'Wait', forMs: undefined });
    expect(decideAction(running, said('Succeeded'), now)).toMatchObject({
      status: { startedAt: '2026-03-01T11:59:00Z' },
    });
  });
  it('is Refused when there is no such machine', () => {
    expect(decideAction(anAction(), undefined, now)).toMatchObject({ status: { phase: 'Refused' } });
  });
  it('Failed when the machine that took it up has forgotten it', () => {
    expect(decideAction(anAction({ phase: 'Running' }), aMachine(), now)).toMatchObject({
      status: { phase: 'Failed' },
    });
  });
  it('is removed a day after its end, and not before', () => {
    const ended = anAction({ phase: 'Succeeded', finishedAt: '2026-03-01T12:00:00Z' });
    const day = 24 * 3600_000;
    expect(decideAction(ended, said('Succeeded'), now + 1000)).toEqual({ kind: 'Wait', forMs: day - 1000 });
    expect(decideAction(ended, undefined, now + day)).toEqual({ kind: 'Remove' });
  });
});
