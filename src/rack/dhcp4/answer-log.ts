import type { Clock } from '../../domain/clock.ts';
import type { Logger } from '../../log/logger.ts';

/** Lines a second; a row of machines that start together is logged whole. */
const linesPerSecond = 100;

/**
 * Logs answers one by one, but no more than a person can read: a line costs as much as the answer that it tells of. What is
 * left out is counted, and the count logged with the first line of a later second.
 */
export function createAnswerLog(log: Logger, clock: Clock): (fields: object, message: string) => void {
  let second = 0;
  let lines = 0;
  return (fields, message) => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) {
      if (lines > linesPerSecond)
        log.info({ more: lines - linesPerSecond }, 'DHCP answers that were not logged');
      second = now;
      lines = 0;
    }
    lines += 1;
    if (lines <= linesPerSecond) log.info(fields, message);
  };
}
