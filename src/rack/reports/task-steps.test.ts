import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskStep } from '../../api/machine/timeline.ts';
import { mergeSteps } from './task-steps.ts';

const steps = fc.record({
  step: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
  at: fc.nat({ max: 50 }).map((second) => new Date(second * 1000).toISOString()),
});

describe('the steps of a task', () => {
  it('are the same in whatever order and however often they are told', () => {
    fc.assert(
      fc.property(
        fc
          .array(steps, { minLength: 1, maxLength: 60 })
          .chain((all) =>
            fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
          ),
        ([all, shuffled]) => {
          const whole = mergeSteps(all, []);
          const told = shuffled.reduce<TaskStep[] | undefined>(
            (sum, step) => mergeSteps(sum, [step]),
            undefined,
          );
          expect(told).toEqual(whole);
          expect(new Set(told?.map(({ step }) => step)).size).toBe(told?.length);
        },
      ),
    );
  });

  it('are left out where nobody tells of any', () => {
    expect(mergeSteps(undefined, undefined)).toBeUndefined();
  });
});
