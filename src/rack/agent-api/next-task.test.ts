import { describe, expect, it } from 'vitest';
import type { Machine, MachineStatus } from '../../api/machine/schema.ts';
import type { SessionRecord } from '../boot-token/schema.ts';
import { nextTask } from './next-task.ts';

const session: SessionRecord = {
  ...{ hash: 'a'.repeat(64), machine: 'node-1', machineUid: 'uid', generation: 4 },
  ...{ mac: '52:54:00:00:00:01', address: '10.0.0.10', openedAt: 0 },
};
const boot = { generation: 4, target: 'EphemeralOS' } as const;
const task = { id: 't', generation: 4, kind: 'Install' } as const;
const updatedAt = '2026-11-22T12:00:00Z';
const ending = { task: 't', kind: 'Reboot' } as const;

const machine = (status: MachineStatus, uid = 'uid'): Machine => ({
  ...{ apiVersion: 'metalwright.dev/v1alpha1', kind: 'Machine', metadata: { name: 'node-1', uid } },
  spec: {
    ...{ macAddresses: ['52:54:00:00:00:01'], architecture: 'amd64', approved: true, zone: 'z', pool: 'p' },
    ...{ tags: [], locked: false, maintenance: false },
  },
  status,
});

describe('nextTask', () => {
  it.each([
    ['the task', machine({ boot, task }), {}, { kind: 'Task', task }],
    [
      'the task while it runs',
      machine({ boot, task, taskResult: { id: 't', outcome: 'Running', updatedAt } }),
      {},
      { kind: 'Task', task },
    ],
    ['to wait without a task', machine({ boot }), {}, { kind: 'Wait' }],
    [
      "to wait for the next generation's",
      machine({ boot, task: { ...task, generation: 5 } }),
      {},
      { kind: 'Wait' },
    ],
    [
      'to restart when the status says that it is installed',
      machine({ boot, task, taskResult: { id: 't', outcome: 'Succeeded', updatedAt } }),
      {},
      { kind: 'End', ending },
    ],
    [
      'to restart while caches lag behind the result',
      machine({ boot, task }),
      { ending },
      { kind: 'End', ending },
    ],
    [
      'to restart when the generation moved on',
      machine({ boot: { ...boot, generation: 5 } }),
      { ending },
      { kind: 'End', ending },
    ],
    ['to restart when the Machine is gone', undefined, { ending }, { kind: 'End', ending }],
    [
      'a further task of the same generation',
      machine({ boot, task: { ...task, id: 'u' } }),
      { ending },
      { kind: 'Task', task: { ...task, id: 'u' } },
    ],
    [
      'nothing when the generation moved on',
      machine({ boot: { ...boot, generation: 5 }, task }),
      {},
      { kind: 'Over' },
    ],
    [
      'nothing when the disk is to be booted',
      machine({ boot: { ...boot, target: 'Disk' }, task }),
      {},
      { kind: 'Over' },
    ],
    ['nothing when the Machine was made anew', machine({ boot, task }, 'another'), {}, { kind: 'Over' }],
    ['nothing when the Machine is gone', undefined, {}, { kind: 'Over' }],
  ])('is %s', (_, observed, more, next) => {
    expect(nextTask(observed, { ...session, ...more })).toEqual(next);
  });
});
