import { describe, expect, it } from 'vitest';
import type { AnyAction } from '../../../src/api/machine-action/schema.ts';
import { outcomeOf, wordsOfOutcome } from './outcomes.ts';

type Phase = NonNullable<AnyAction['status']>['phase'];

const action = (name: string, phase: Phase, message = ''): AnyAction => ({
  apiVersion: 'metalwright.dev/v1alpha1',
  kind: 'MachineAction',
  metadata: { name },
  spec: { machine: `m-${name}`, action: 'Test' },
  status: { phase, message },
});

describe('orders that were given together', () => {
  const order = { label: 'Test', actions: ['a', 'b'] };

  it.each([
    ['is not known yet', [action('a', 'Succeeded')]],
    ['waits', [action('a', 'Succeeded'), action('b', 'Pending')]],
    ['runs', [action('a', 'Failed'), action('b', 'Running')]],
    ['has no phase', [action('a', 'Failed'), action('b', undefined)]],
  ])('have not ended while one of them %s', (_, known) => expect(outcomeOf(order, known)).toBeUndefined());

  it.each([
    [
      'all went well',
      order,
      [action('a', 'Succeeded'), action('b', 'Succeeded')],
      'Test: done',
      'For 2 machines.',
    ],
    [
      'one was refused',
      { label: 'Test', actions: ['a'] },
      [action('a', 'Refused', 'locked')],
      'Test: refused',
      'm-a: locked',
    ],
    [
      'some failed',
      order,
      [action('a', 'Succeeded'), action('b', 'Failed', 'dead')],
      'Test: done for 1, not for 1',
      'm-b: dead',
    ],
  ] as const)('say so when %s', (_, given, known, title, text) => {
    const outcome = outcomeOf(given, known);
    expect(outcome && wordsOfOutcome(outcome)).toEqual({ title, text });
  });
});
