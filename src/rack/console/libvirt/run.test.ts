import { describe, expect, it } from 'vitest';
import { createManualTimers } from '../../../kube/manual-timers.ts';
import { watchRun } from './run.ts';

const minute = 60_000;

/** A console of a machine whose run is told by `answers`, one a look, the last for all that follow. */
function watch(...answers: (string | Error)[]) {
  const timers = createManualTimers();
  const seen = { looks: 0, over: 0 };
  const id = async (): Promise<string> => {
    const answer = answers[Math.min(seen.looks, answers.length - 1)] ?? '';
    seen.looks += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const stop = watchRun({ run: '7', id, timers, over: () => (seen.over += 1) });
  return { timers, seen, stop };
}

describe('the run of a machine whose console is open', () => {
  it('is looked at for a while, and then no more: libvirt itself ends the console of a machine that goes later', async () => {
    const { timers, seen } = watch('7');
    await timers.advance(2 * minute);
    expect(seen).toEqual({ looks: 6, over: 0 });
    await timers.advance(60 * minute);
    expect(seen.looks).toBe(6);
  });

  it.each([
    ['runs another time', '8'],
    ['is off', '-'],
  ])('is over, once, when the machine %s', async (_what, other) => {
    const { timers, seen } = watch('7', other);
    await timers.advance(minute);
    expect(seen).toEqual({ looks: 2, over: 1 });
  });

  it('goes on when libvirt cannot be asked', async () => {
    const { timers, seen } = watch(new Error('unable to connect'), '8');
    await timers.advance(minute);
    expect(seen).toEqual({ looks: 2, over: 1 });
  });

  it('is not looked at any more once the console is closed', async () => {
    const { timers, seen, stop } = watch('7', '8');
    await timers.advance(1_500);
    stop();
    await timers.advance(minute);
    expect(seen).toEqual({ looks: 1, over: 0 });
  });
});
