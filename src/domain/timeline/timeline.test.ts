import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTimeline } from './render.ts';
import { span } from './span.ts';
import { closedStep, closedSteps, expectationOf, isTaskStep, rankOf, taskStep } from './steps.ts';
import { type Fact, newEntries, type Story, secondsUntil, shortStory, tell } from './timeline.ts';

const boot = { generation: 7, work: 'Install' };
const time = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const fact = (step: string, second: number): Fact => ({ step, at: time(second) });

const whole = [
  fact('PowerRequested', 0),
  fact('PowerClaimed', 0.3),
  fact('PoweredOn', 8.3),
  fact('Dhcp', 42.3),
  fact('Agent', 70),
  fact('TaskDisk', 71),
  fact('TaskWrite', 131),
  fact('TaskEnded', 131),
  fact('PhonedHome', 200),
  fact('PowerOffRequested', 90_000),
  fact('PoweredOff', 90_004),
];

const steps = fc.constantFrom(
  ...['PowerRequested', 'PowerClaimed', 'PoweredOn', 'Dhcp', 'Loader', 'Kernel', 'Agent', 'TaskEnded'],
  ...['TaskWrite', 'TaskDisk', 'TaskSync', 'TaskSeed', 'TaskX', 'TaskY', 'PhonedHome', 'PowerOffRequested'],
);

describe('a timeline', () => {
  it('has each step in the order of a boot, with the time since the one before', () => {
    const story = tell(undefined, boot, whole, 32);
    expect(story.steps.map(({ step, durationSeconds }) => [step, durationSeconds])).toEqual([
      ['PowerRequested', 0],
      ['PowerClaimed', 0.3],
      ['PoweredOn', 8],
      ['Dhcp', 34],
      ['Agent', 27.7],
      ['TaskDisk', 1],
      ['TaskWrite', 60],
      ['TaskEnded', 0],
      ['PhonedHome', 69],
      ['PowerOffRequested', 0],
      ['PoweredOff', 4],
    ]);
    expect(secondsUntil(story, 'PhonedHome')).toBe(200);
    expect(secondsUntil(story, 'PoweredOff')).toBe(4);
    expect(shortStory(story)).toBe(
      'Install, boot 7: power taken up 0.3 s, power on 8 s, DHCP 34 s, agent 28 s, Disk 1 s, Write 1 min, phoned home 1 min 9 s, power off 4 s.',
    );
  });

  it('puts what comes late into its place, and tells of it as new', () => {
    const before = tell(undefined, boot, whole, 32);
    const after = tell(before, boot, [fact('Loader', 44.3)], 32);
    expect(newEntries(before, after).map(({ step, durationSeconds }) => [step, durationSeconds])).toEqual([
      ['Loader', 2],
    ]);
    expect(after.steps.find(({ step }) => step === 'Agent')?.durationSeconds).toBe(25.7);
  });

  it('begins anew with another generation', () => {
    const before = tell(undefined, boot, whole, 32);
    const next = tell(before, { generation: 8, work: 'Erase' }, [fact('PowerRequested', 0)], 32);
    expect(next.steps.map(({ step }) => step)).toEqual(['PowerRequested']);
    expect(newEntries(before, next)).toHaveLength(1);
  });

  it('never has a step before the one that it follows, though the clock of a rack is behind', () => {
    const story = tell(undefined, boot, [fact('PoweredOn', 10), fact('Dhcp', 8), fact('Loader', 12)], 32);
    expect(story.steps.map(({ step, durationSeconds }) => [step, durationSeconds])).toEqual([
      ['PoweredOn', 0],
      ['Dhcp', 0],
      ['Loader', 2],
    ]);
  });

  it('leaves out what has no time', () => {
    expect(tell(undefined, boot, [{ step: 'Dhcp', at: 'soon' }], 32).steps).toEqual([]);
  });

  it('is the same in whatever order and however often facts come', () => {
    const facts = fc.uniqueArray(fc.tuple(steps, fc.nat({ max: 100 })), {
      minLength: 1,
      selector: ([step]) => step,
    });
    fc.assert(
      fc.property(
        facts.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
        ),
        ([all, shuffled]) => {
          const at = all.map(([step, second]) => fact(step, second));
          const told = shuffled.reduce<Story | undefined>(
            (story, [step, second]) => tell(story, boot, [fact(step, second)], 32),
            undefined,
          );
          expect(told).toEqual(tell(undefined, boot, at, 32));
          const names = told?.steps.map(({ step }) => step) ?? [];
          expect(new Set(names).size).toBe(names.length);
          expect(names.map(rankOf)).toEqual(names.map(rankOf).sort((a, b) => a - b));
        },
      ),
    );
  });

  it('is bounded: of too many steps of a task the latest are left out', () => {
    const many = Array.from({ length: 50 }, (_, index) => fact(`TaskS${index}`, 80 + index));
    const story = tell(undefined, boot, [...whole, ...many], 32);
    expect(story.steps).toHaveLength(32);
    expect(story.steps.at(-1)?.step).toBe('PoweredOff');
    expect(tell(story, boot, many, 32)).toEqual(story);
  });
});

describe('a step', () => {
  it.each([
    ['Write', 'TaskWrite'],
    ['disk-health: sda', 'TaskDiskhealthsda'],
    ['zero', 'TaskZero'],
  ])('of a task at %s is %s', (word, expected) => {
    expect(taskStep(word)).toBe(expected);
    expect(isTaskStep(expected)).toBe(true);
  });

  it('is one of a closed list for metrics and reasons, whatever an agent says', () => {
    fc.assert(
      fc.property(fc.string(), (word) => {
        expect(closedSteps).toContain(closedStep(taskStep(word)));
      }),
    );
    expect(closedStep('TaskWrite')).toBe('TaskWrite');
    expect(closedStep('Loader')).toBe('Loader');
  });

  it('takes longer with UEFI where the table says so', () => {
    expect(expectationOf('Dhcp', 'UEFI').late).toBeGreaterThan(Number(expectationOf('Dhcp', 'BIOS').late));
    expect(expectationOf('Loader', 'UEFI')).toEqual(expectationOf('Loader', 'BIOS'));
  });
});

describe('a span of time', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [340, '0.3 s'],
    [9_949, '9.9 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [192_000, '3 min 12 s'],
    [7_200_000, '2 h'],
    [7_500_000, '2 h 5 min'],
  ])('of %d ms is %s', (ms, expected) => {
    expect(span(ms)).toBe(expected);
  });
});

describe('docs/reference/timeline.md', () => {
  it('is what the tables say; else run vitest with -u', async () => {
    const file = join(import.meta.dirname, '../../../docs/reference/timeline.md');
    await expect(renderTimeline()).toMatchFileSnapshot(file);
  });
});
