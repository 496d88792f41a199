import type { Clock } from '../../../domain/clock.ts';
import { systemTimers, type Timers } from '../../../kube/timers.ts';

/**
 * A clock that shows what another one showed when this one was made, and from then on only goes forward at the pace of the
 * monotonic clock: no lease ends because somebody set the node's date.
 */
export function steadyClock(wall: Clock, timers: Pick<Timers, 'monotonic'> = systemTimers): Clock {
  const base = wall.now() - timers.monotonic();
  return { now: () => Math.round(base + timers.monotonic()) };
}
