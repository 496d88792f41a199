import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootStages } from '../../api/machine/timeline.ts';
import type { BootReport } from '../agent-api/ports.ts';
import { isNews, mergeReports } from './boot-report.ts';

const at = '2026-01-01T00:00:00Z';
const kernel: BootReport = { generation: 3, stage: 'Kernel', at, mac: '52:54:00:00:00:01', subnet: 's' };

const reports = fc.record(
  {
    generation: fc.nat({ max: 3 }),
    stage: fc.constantFrom(...bootStages),
    at: fc.constant(at),
    mac: fc.constantFrom('52:54:00:00:00:01', '52:54:00:00:00:02'),
    subnet: fc.constantFrom('s', 't'),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2'),
  },
  { requiredKeys: ['generation', 'stage', 'at'] },
);

function seen(...stages: (typeof bootStages)[number][]): BootReport {
  return { ...kernel, seen: stages.map((stage) => ({ stage, at })) };
}

function rank({ generation, stage }: BootReport): number {
  return generation * 100 + bootStages.indexOf(stage);
}

describe('whether a boot report is news', () => {
  it.each<[string, BootReport | undefined, BootReport, boolean]>([
    ['the first one is', undefined, kernel, true],
    ['the same again is not', kernel, kernel, false],
    ['a later time alone is not', kernel, { ...kernel, at: '2026-01-01T00:00:09Z' }, false],
    ['a later stage is', kernel, { ...kernel, stage: 'Agent' }, true],
    ['an earlier stage is not', kernel, { ...kernel, stage: 'Dhcp' }, false],
    ['an earlier stage elsewhere is not', kernel, { ...kernel, stage: 'Dhcp', subnet: 't' }, false],
    ['an earlier stage of a later generation is', kernel, { ...kernel, generation: 4, stage: 'Dhcp' }, true],
    [
      'a later stage of an earlier generation is not',
      kernel,
      { ...kernel, generation: 2, stage: 'Agent' },
      false,
    ],
    ['an earlier stage that nobody has seen is', seen('Kernel'), { ...kernel, stage: 'Dhcp' }, true],
    ['an earlier stage that was seen is not', seen('Dhcp', 'Kernel'), { ...kernel, stage: 'Dhcp' }, false],
    ['another place is', kernel, { ...kernel, subnet: 't' }, true],
    ['a place that was not known is', kernel, { ...kernel, address: '10.0.0.9' }, true],
    ['a place left unsaid is not', kernel, { ...kernel, subnet: undefined }, false],
  ])('%s', (_sentence, stored, report, expected) => {
    expect(isNews(stored, report)).toBe(expected);
  });
});

describe('boot reports as one', () => {
  it('keep what the newer one leaves unsaid', () => {
    const agent: BootReport = { generation: 3, stage: 'Agent', at, address: '10.0.0.9' };
    expect(mergeReports({ ...kernel, architecture: 7 }, agent)).toEqual({
      ...kernel,
      stage: 'Agent',
      address: '10.0.0.9',
      architecture: 7,
      seen: [
        { stage: 'Kernel', at, mac: '52:54:00:00:00:01' },
        { stage: 'Agent', at },
      ],
    });
  });

  it('tell of every stage once, as it was seen first, in whatever order and however often they come', () => {
    const sightings = fc.record({
      generation: fc.constant(3),
      stage: fc.constantFrom(...bootStages),
      at: fc.nat({ max: 20 }).map((second) => new Date(second * 1000).toISOString()),
    });
    fc.assert(
      fc.property(
        fc
          .array(sightings, { minLength: 1, maxLength: 12 })
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
          ),
        ([all, shuffled]) => {
          const told = shuffled.reduce<BootReport | undefined>(mergeReports, undefined);
          const earliest = bootStages.flatMap((stage) => {
            const times = all.filter((report) => report.stage === stage).map((report) => report.at);
            return times.length === 0 ? [] : [{ stage, at: times.sort()[0] }];
          });
          expect(mergeReports(undefined, told!).seen ?? [{ stage: told?.stage, at: told?.at }]).toEqual(
            earliest,
          );
        },
      ),
    );
  });

  it('keep nothing of an earlier generation', () => {
    const next: BootReport = { generation: 4, stage: 'Dhcp', at };
    expect(mergeReports(kernel, next)).toEqual({ ...next, seen: [{ stage: 'Dhcp', at }] });
  });

  it('never put one interface into the subnet of another', () => {
    const other: BootReport = { generation: 3, stage: 'Agent', at, mac: '52:54:00:00:00:02' };
    expect(mergeReports(kernel, other)).toMatchObject({ mac: '52:54:00:00:00:02' });
    expect(mergeReports(kernel, other).subnet).toBeUndefined();
  });

  it('are the furthest of the latest generation, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(reports, { minLength: 1, maxLength: 8 }), (list) => {
        const merged = list.reduce<BootReport | undefined>(mergeReports, undefined);
        expect(rank(merged!)).toBe(Math.max(...list.map(rank)));
      }),
    );
  });

  it('make neither of them news again', () => {
    fc.assert(
      fc.property(reports, reports, (stored, report) => {
        expect(isNews(mergeReports(stored, report), report)).toBe(false);
      }),
    );
  });
});
