import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../kube/manual-timers.ts';
import { silentLogger } from '../../log/logger.ts';
import type { TaskReport } from './ports.ts';
import { createTaskReports } from './task-reports.ts';

const report = (percent: number, outcome: TaskReport['outcome'] = 'Running'): TaskReport => ({
  ...{ id: 't', outcome, percent, updatedAt: '2026-11-22T12:00:00Z' },
});

function setting(store: () => Promise<void> = async () => {}) {
  const timers = createManualTimers();
  const stored: [string, number | undefined][] = [];
  const reports = createTaskReports({
    timers,
    log: silentLogger,
    machines: {
      async reportTask(machine, { percent }) {
        await store();
        stored.push([machine, percent]);
      },
    },
  });
  return { timers, stored, reports };
}

describe('task reports', () => {
  it('are stored at once, then the latest every two seconds, and nothing is left when all is said', async () => {
    const { timers, stored, reports } = setting();
    for (let percent = 0; percent < 10; percent += 1) reports.running('a', report(percent));
    reports.running('b', report(50));
    await timers.advance(1_999);
    expect(stored).toEqual([
      ['a', 0],
      ['b', 50],
    ]);
    await timers.advance(2_001);
    expect(stored.slice(2)).toEqual([['a', 9]]);
    await timers.advance(10_000);
    expect(stored).toHaveLength(3);
    expect(timers.pending()).toBe(0);
  });

  it('end with the final one: what waited is dropped, what was under way comes before', async () => {
    const gate = Promise.withResolvers<void>();
    const { timers, stored, reports } = setting(() => gate.promise);
    reports.running('a', report(1));
    reports.running('a', report(2));
    const final = reports.final('a', report(100, 'Succeeded'));
    gate.resolve();
    await final;
    await timers.advance(10_000);
    expect(stored).toEqual([
      ['a', 1],
      ['a', 100],
    ]);
  });

  it('are never two at once of one machine, however slow the store is', async () => {
    let under = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    const { timers, reports } = setting(async () => {
      under += 1;
      most = Math.max(most, under);
      await new Promise<void>((resolve) => gates.push(resolve));
      under -= 1;
    });
    for (let second = 0; second < 10; second += 1) {
      reports.running('a', report(second));
      await timers.advance(1_000);
    }
    expect([most, gates.length]).toEqual([1, 1]);
    gates[0]?.();
    await timers.advance(2_000);
    expect(gates).toHaveLength(2);
  });

  it('that were not stored are followed by the next; only the final one says so', async () => {
    const { timers, reports } = setting(async () => {
      throw new Error('away');
    });
    reports.running('a', report(1));
    await timers.advance(2_000);
    await expect(reports.final('a', report(100, 'Succeeded'))).rejects.toThrow('away');
  });
});
