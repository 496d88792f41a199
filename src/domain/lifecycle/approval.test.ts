import { describe, expect, it } from 'vitest';
import { type Approvable, isApproved, mayRunTask } from './approval.ts';

const approval = { policy: 'lab', at: '2026-01-01T00:00:00Z' };

describe('approval', () => {
  it.each<[string, Approvable, boolean]>([
    ['nobody said anything', { spec: { approved: false } }, false],
    ['a person approved', { spec: { approved: true } }, true],
    ['a policy approved', { spec: { approved: false }, status: { approval } }, true],
    [
      'a policy approved, and a person put it into quarantine',
      { spec: { approved: false, quarantined: true }, status: { approval } },
      false,
    ],
    [
      'a person approved it and put it into quarantine',
      { spec: { approved: true, quarantined: true } },
      false,
    ],
  ])('when %s', (_, machine, expected) => {
    expect(isApproved(machine)).toBe(expected);
    for (const kind of ['Inventory', 'Test', 'Install', 'Rescue', 'SomethingNew'])
      expect(mayRunTask(machine, kind)).toBe(expected);
    expect(mayRunTask(machine, 'Erase')).toBe(true);
  });
});
