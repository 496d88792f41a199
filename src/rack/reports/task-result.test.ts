import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aMachine } from '../../../test/fixtures/objects.ts';
import { machineKind } from '../../api/machine/schema.ts';
import type { MachineStatus } from '../../api/machine/status.ts';
import type { TaskResult } from '../../api/machine/task.ts';
import { kubeError } from '../../kube/errors.ts';
import { createMemoryClient, type MemoryCall } from '../../kube/memory-client.ts';
import { isTaskNews, storeTaskResult } from './task-result.ts';

const running: TaskResult = { id: 't2', outcome: 'Running', percent: 10, updatedAt: '2026-01-01T00:00:10Z' };
const done: TaskResult = { id: 't2', outcome: 'Succeeded', updatedAt: '2026-01-01T00:00:20Z' };
const task = (id: string): MachineStatus['task'] => ({ id, generation: 1, kind: 'Inventory' });

const results = fc.record({
  id: fc.constantFrom('t1', 't2'),
  outcome: fc.constantFrom('Running' as const, 'Succeeded' as const, 'Failed' as const),
  updatedAt: fc.constantFrom('2026-01-01T00:00:10Z', '2026-01-01T00:00:20Z'),
});

describe("whether the agent's word on a task is stored", () => {
  it.each<[string, MachineStatus | undefined, TaskResult, boolean]>([
    ['the first word is', undefined, running, true],
    ['progress is', { taskResult: running }, { ...running, percent: 20, updatedAt: done.updatedAt }, true],
    ['the end is', { taskResult: running }, done, true],
    [
      'the end is, however late its clock',
      { taskResult: { ...running, updatedAt: '2027-01-01T00:00:00Z' } },
      done,
      true,
    ],
    [
      'progress from before is not',
      { taskResult: { ...running, updatedAt: done.updatedAt } },
      running,
      false,
    ],
    ['progress after the end is not', { taskResult: done }, running, false],
    ['a second end is not', { taskResult: done }, { ...done, outcome: 'Failed' }, false],
    [
      'a new task replaces one that ended',
      { task: task('t2'), taskResult: { ...done, id: 't1' } },
      running,
      true,
    ],
    [
      'a new task replaces one that never ended',
      { task: task('t2'), taskResult: { ...running, id: 't1' } },
      running,
      true,
    ],
    [
      'a task that is over does not replace the new one',
      { task: task('t2'), taskResult: running },
      { ...done, id: 't1' },
      false,
    ],
    [
      'a task that is over is late before the new one began, too',
      { task: task('t2') },
      { ...done, id: 't1' },
      false,
    ],
  ])('%s', (_sentence, status, report, expected) => {
    expect(isTaskNews(status, report)).toBe(expected);
  });

  it('never reopens a task, whatever comes after its end', () => {
    fc.assert(
      fc.property(fc.array(results), (list) => {
        let status: MachineStatus = { task: task('t2') };
        let ended: TaskResult | undefined;
        for (const report of list) {
          if (isTaskNews(status, report)) status = { ...status, taskResult: report };
          if (report.id === 't2' && report.outcome !== 'Running') ended ??= report;
          if (ended !== undefined) expect(status.taskResult).toBe(ended);
        }
      }),
    );
  });
});

describe('storing it', () => {
  async function clientWith(before: (call: MemoryCall) => void = () => undefined) {
    const client = createMemoryClient();
    await client.create(machineKind, aMachine({ name: 'm1' }));
    return client.connect({ before });
  }

  it('goes on top of what another wrote at the same time', async () => {
    let conflicts = 2;
    const client = await clientWith(({ verb }) => {
      if (verb === 'applyStatus' && conflicts-- > 0) throw kubeError('Conflict', 'a test');
    });
    await storeTaskResult('m1', done, client);
    expect((await client.get(machineKind, 'm1'))?.status?.taskResult).toEqual(done);
  });

  it('gives up after many conflicts, so that the agent repeats', async () => {
    const client = await clientWith(({ verb }) => {
      if (verb === 'applyStatus') throw kubeError('Conflict', 'a test');
    });
    await expect(storeTaskResult('m1', done, client)).rejects.toMatchObject({ code: 'ReportContended' });
  });

  it('rejects while the API server is away', async () => {
    const client = await clientWith(() => {
      throw kubeError('Unavailable', 'a test');
    });
    await expect(storeTaskResult('m1', done, client)).rejects.toMatchObject({ code: 'Unavailable' });
  });

  it('is nothing for a machine that is gone, and writes nothing that is not news', async () => {
    const client = await clientWith();
    await storeTaskResult('gone', done, client);
    await storeTaskResult('m1', done, client);
    const writes = client.writes();
    await storeTaskResult('m1', running, client);
    expect(client.writes()).toBe(writes);
  });
});
