import { describe, expect, it } from 'vitest';
import { createIntake } from './intake.ts';

/** An intake whose turns come when the test says so. */
function setting(options: { perTurn?: number; capacity?: number } = {}) {
  const handled: string[] = [];
  const dropped: string[] = [];
  const turns: (() => void)[] = [];
  const intake = createIntake<string>({
    handle: (item) => handled.push(item),
    dropped: (item) => dropped.push(item),
    afterReading: (turn) => turns.push(turn),
    perTurn: 2,
    capacity: 3,
    ...options,
  });
  const discover = (name: string, urgency: 'Known' | 'Unknown' = 'Unknown'): void =>
    intake.take(name, true, () => urgency);
  const request = (name: string): void => intake.take(name, false, () => 'Unknown');
  return { handled, dropped, discover, request, turn: () => turns.shift()?.(), waiting: () => turns.length };
}

describe('the intake of messages', () => {
  it('answers at once while there are few', () => {
    const { handled, discover, request } = setting();
    discover('a');
    request('b');
    discover('c');
    expect(handled).toEqual(['a', 'b', 'c']);
  });

  it('answers REQUESTs past the DISCOVERs that wait', () => {
    const { handled, discover, request, turn } = setting();
    for (const name of ['a', 'b', 'c']) discover(name);
    request('r');
    expect(handled).toEqual(['a', 'b', 'r']);
    turn();
    expect(handled).toEqual(['a', 'b', 'r', 'c']);
  });

  it('answers so many DISCOVERs in a turn, the known before the unknown, each in their order', () => {
    const { handled, discover, turn } = setting();
    for (const name of ['a', 'b', 'u1', 'u2']) discover(name);
    discover('k1', 'Known');
    discover('k2', 'Known');
    turn();
    expect(handled).toEqual(['a', 'b', 'k1', 'k2']);
    turn();
    expect(handled.slice(4)).toEqual(['u1', 'u2']);
  });

  it('gives up the oldest of the unknown, and no known one for them', () => {
    const { dropped, handled, discover, turn } = setting();
    for (const name of ['a', 'b', 'u1', 'u2', 'u3', 'u4', 'u5']) discover(name);
    for (const name of ['k1', 'k2', 'k3']) discover(name, 'Known');
    expect(dropped).toEqual(['u1', 'u2']);
    turn();
    turn();
    expect(handled.slice(2)).toEqual(['k1', 'k2', 'k3', 'u3']);
  });

  it('works everything off without new messages, and then rests', () => {
    const { handled, discover, turn, waiting } = setting();
    for (const name of ['a', 'b', 'c', 'd', 'e']) discover(name);
    for (let count = 0; count < 5; count += 1) turn();
    expect(handled).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(waiting()).toBe(0);
  });
});
