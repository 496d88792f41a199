import { describe, expect, it } from 'vitest';
import type { Machine } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
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
const restart = { id: 't.reboot', kind: 'Reboot' } as const;
const look = { id: 't', generation: 4, kind: 'Test', enableSsh: true } as const;
const stay = { task: 't', kind: 'Stay' } as const;

const machine = (status: MachineStatus, uid = 'uid'): Machine => ({
  ...{ apiVersion: 'metalwright.dev/v1alpha1', kind: 'Machine', metadata: { name: 'node-1', uid } },
  spec: {
    ...{ macAddresses: ['52:54:00:00:00:01'], architecture: 'amd64', approved: true, zone: 'z', pool: 'p' },
    ...{ tags: [], locked: false, maintenance: false },
  },
  status,
});

const media = { boot: { method: 'VirtualMedia', taggedVlan: false } } as const;
const bmc = { driver: 'redfish', address: 'https://10.0.0.9', credentialsSecret: 'bmc' } as const;

describe('what a machine on virtual media does once it is installed', () => {
  const installed = machine({ boot, task, taskResult: { id: 't', outcome: 'Succeeded', updatedAt } });
  it.each([
    ['switches itself off, for its BMC starts it from its disk', { ...media, bmc }, 'PowerOff'],
    ['restarts where a person is its BMC', { ...media, bmc: { driver: 'manual' as const } }, 'Reboot'],
    ['restarts where it boots from the network', { bmc }, 'Reboot'],
  ])('%s', (_, more, kind) => {
    const next = nextTask({ ...installed, spec: { ...installed.spec, ...more } }, session);
    expect(next).toMatchObject({ kind: 'End', task: { kind } });
  });
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
      { kind: 'End', task: restart },
    ],
    [
      'to restart while caches lag behind the result',
      machine({ boot, task }),
      { ending },
      { kind: 'End', task: restart },
    ],
    [
      'to restart when the generation moved on',
      machine({ boot: { ...boot, generation: 5 } }),
      { ending },
      { kind: 'End', task: restart },
    ],
    ['to restart when the Machine is gone', undefined, { ending }, { kind: 'End', task: restart }],
    [
      'to stay when people shall look at it, however its task ended',
      machine({ boot, task: look, taskResult: { id: 't', outcome: 'Failed', updatedAt } }),
      {},
      { kind: 'Wait' },
    ],
    [
      'to stay while caches lag behind the result',
      machine({ boot, task: look }),
      { ending: stay },
      { kind: 'Wait' },
    ],
    [
      'nothing when nobody looks at it any more',
      machine({ boot: { ...boot, generation: 5 }, task: look }),
      { ending: stay },
      { kind: 'Over' },
    ],
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
