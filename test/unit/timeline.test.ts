import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BootProgress } from '../../src/api/machine/boot.ts';
import type { Machine } from '../../src/api/machine/schema.ts';
import type { TaskResult } from '../../src/api/machine/task.ts';
import { bootStages, type Timeline } from '../../src/api/machine/timeline.ts';
import { aMachine, seen as observe } from '../../src/controllers/machine/testing/builders.ts';
import { decideAt } from '../../src/controllers/machine/testing/decisions.ts';
import { isNews, mergeReports } from '../../src/rack/reports/boot-report.ts';
import { mergeSteps } from '../../src/rack/reports/task-steps.ts';

const begin = Date.parse('2026-03-01T11:59:00Z');
const time = (second: number): string => new Date(begin + second * 1000).toISOString();

type Report =
  | { kind: 'Boot'; report: Omit<BootProgress, 'rack'> }
  | { kind: 'Task'; step: string; at: string };

/** What racks hear in one boot: each stage and step, some of them twice. */
const reports = fc.array(
  fc.oneof(
    fc.record({ stage: fc.constantFrom(...bootStages.slice(0, 5)), second: fc.nat({ max: 40 }) }).map(
      ({ stage, second }): Report => ({
        kind: 'Boot',
        report: { generation: 3, stage, at: time(second) },
      }),
    ),
    fc
      .record({
        step: fc.constantFrom('Disk', 'Write', 'Seed', 'Sync'),
        second: fc.integer({ min: 41, max: 55 }),
      })
      .map(({ step, second }): Report => ({ kind: 'Task', step, at: time(second) })),
  ),
  { minLength: 1, maxLength: 14 },
);

const task = { id: 'g3-install', generation: 3, kind: 'Install' } as const;
const start = (): Machine =>
  aMachine({
    ...{ phase: 'Deploying', step: 'Install', phaseSince: time(0), stepSince: time(0) },
    ...{ boot: { generation: 3, target: 'EphemeralOS' }, task },
    power: {
      request: { id: 'g3-boot', action: 'Cycle', requestedAt: time(0) },
      result: {
        ...{ id: 'g3-boot', rack: 'r1' },
        outcome: 'Succeeded',
        startedAt: time(0),
        finishedAt: time(1),
      },
    },
  });

/** The racks store each report, and the operator looks after each. */
function timelineAfter(list: readonly Report[]): Timeline | undefined {
  let machine = start();
  for (const said of list) {
    machine = { ...machine, status: { ...machine.status, ...stored(machine, said) } };
    // Long after, so that nothing is held back.
    const { timeline, conditions } = decideAt(observe(machine), 30).status;
    machine = { ...machine, status: { ...machine.status, timeline, conditions } };
  }
  return machine.status?.timeline;
}

function stored(
  { status }: Machine,
  said: Report,
): Pick<NonNullable<Machine['status']>, 'bootProgress' | 'taskResult'> {
  if (said.kind === 'Boot') {
    const { report } = said;
    const whole = { ...report, seen: [{ stage: report.stage, at: report.at }] };
    if (!isNews(status?.bootProgress, whole)) return {};
    return { bootProgress: { ...mergeReports(status?.bootProgress, whole), rack: 'r1' } };
  }
  const { step, at } = said;
  const steps = mergeSteps(status?.taskResult?.steps, [{ step, at }]) ?? [];
  const taskResult: TaskResult = { id: task.id, outcome: 'Running', step, steps, updatedAt: time(59) };
  return { taskResult };
}

describe('the timeline that racks and operator make together', () => {
  it('has each step once and in order, however reports are repeated', () => {
    fc.assert(
      fc.property(reports, fc.array(fc.nat({ max: 13 }), { maxLength: 6 }), (list, again) => {
        const twice = [...list, ...again.flatMap((index) => list[index % list.length] ?? [])];
        const timeline = timelineAfter(twice);
        expect(timeline).toEqual(timelineAfter(firstOfEach(list)));
        const names = timeline?.steps.map(({ step }) => step) ?? [];
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  it('is the same in whatever order reports of a boot come, late ones included', () => {
    fc.assert(
      fc.property(
        reports
          .map((list) => firstOfEach(list))
          .chain((list) =>
            fc.tuple(
              fc.constant(list),
              fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 }),
            ),
          ),
        ([list, shuffled]) => {
          expect(timelineAfter(shuffled)).toEqual(timelineAfter(list));
        },
      ),
    );
  });
});

/** As racks tell it when nothing is repeated: by time, the first of each. */
function firstOfEach(list: readonly Report[]): Report[] {
  const at = (said: Report): string => (said.kind === 'Boot' ? said.report.at : said.at);
  const key = (said: Report): string => (said.kind === 'Boot' ? said.report.stage : said.step);
  const known = new Set<string>();
  return [...list]
    .sort((a, b) => Date.parse(at(a)) - Date.parse(at(b)) || (key(a) < key(b) ? -1 : 1))
    .filter((said) => !known.has(key(said)) && known.add(key(said)));
}
