import { describe, expect, it } from 'vitest';
import { type Machine, machineKind } from '../../src/api/machine/schema.ts';
import { describeMachine, machineFailure } from './describe.ts';

const at = '2026-01-01T00:00:00Z';
const machine = (status: Machine['status']): Machine => ({
  apiVersion: `${machineKind.group}/${machineKind.version}`,
  kind: machineKind.kind,
  metadata: { name: 'a' },
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
  status,
});

describe('describeMachine', () => {
  const task = { id: 't', generation: 2, kind: 'Install' } as const;
  const running = { id: 't', outcome: 'Running', step: 'write', percent: 47, updatedAt: at } as const;
  const boot = { generation: 2, target: 'EphemeralOS' } as const;
  const stage = { generation: 2, stage: 'Kernel', at, rack: 'r' } as const;

  it.each<[string, Machine['status'], string]>([
    ['a machine without a status', undefined, 'not seen by the operator yet'],
    ['phase and step', { phase: 'Commissioning', step: 'PowerOff' }, 'Commissioning, PowerOff'],
    [
      'the boot in progress',
      { phase: 'Commissioning', step: 'Boot', boot, bootProgress: stage },
      'Commissioning, boot: Kernel',
    ],
    [
      'no boot of before',
      { phase: 'Commissioning', boot: { ...boot, generation: 3 }, bootProgress: stage, powerState: 'Off' },
      'Commissioning, power off',
    ],
    [
      'no boot of a machine at rest',
      { phase: 'Ready', step: 'x', boot, bootProgress: stage, powerState: 'Off' },
      'Ready, power off',
    ],
    [
      'the task in progress, by tens',
      { phase: 'Deploying', task, taskResult: running, bootProgress: stage, boot },
      'Deploying, Install: write 40 %',
    ],
    [
      'no task of before',
      { phase: 'Deploying', step: 'x', task, taskResult: { ...running, id: 'old' } },
      'Deploying, x',
    ],
  ])('tells %s', (_, status, words) => {
    expect(describeMachine(machine(status))).toBe(words);
  });
});

describe('machineFailure', () => {
  it('names phase, reason and message of a failed machine, and nothing of one that works', () => {
    const failure = { reason: 'BmcUnreachable', message: 'no answer from 10.0.0.1' };
    expect(machineFailure(machine({ phase: 'CommissioningFailed', failure }))).toBe(
      'a is CommissioningFailed: BmcUnreachable: no answer from 10.0.0.1',
    );
    expect(machineFailure(machine({ phase: 'Ready' }))).toBeUndefined();
  });
});
