import { messageOf } from '../../errors/coded-error.ts';
import { readNumber } from '../host/files.ts';
import { type Finding, failed, type HardwareTest, passed } from './types.ts';

const watchMs = 5_000;
/** Beyond this no time zone explains it: the clock has lost its battery, or was never set. */
const lostMs = 36 * 60 * 60 * 1000;
/** The clock counts whole seconds, at both ends of the watch. */
const mostSkewMs = 2_500;

export interface ClockReading {
  /** Seconds that the hardware clock went on, and milliseconds that the processor counted meanwhile; undefined without such a clock. */
  ticked: { rtcSeconds: number; elapsedMs: number } | undefined;
  /** What the machine's time is ahead of the rack's, in milliseconds; undefined when the rack tells no time. */
  aheadMs: number | undefined;
  source: string | undefined;
}

/** The hardware clock ticks as fast as the processor counts, and its time is near the rack's. */
export const clockTest: HardwareTest = async ({ files, timing, signal, progress, askRack }) => {
  progress('watching the hardware clock');
  const path = '/sys/class/rtc/rtc0/since_epoch';
  const [first, from] = [await readNumber(files, path), timing.now()];
  await timing.sleep(watchMs, signal);
  const [last, to] = [await readNumber(files, path), timing.now()];
  const rack = await askRack(signal).catch((error: unknown) => {
    signal.throwIfAborted();
    return { tookMs: 0, rackTimeMs: undefined, error: messageOf(error) };
  });
  return judgeClock({
    ticked:
      first === undefined || last === undefined
        ? undefined
        : { rtcSeconds: last - first, elapsedMs: to - from },
    aheadMs: rack.rackTimeMs === undefined ? undefined : timing.now() - rack.tookMs / 2 - rack.rackTimeMs,
    source: await files.readText('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
  });
};

export function judgeClock({ ticked, aheadMs, source }: ClockReading): Finding {
  const problems: string[] = [];
  if (ticked !== undefined && Math.abs(ticked.rtcSeconds * 1000 - ticked.elapsedMs) > mostSkewMs)
    problems.push(
      `expected the hardware clock to go on by ${Math.round(ticked.elapsedMs / 1000)} s, it went on by ${ticked.rtcSeconds} s`,
    );
  if (aheadMs !== undefined && Math.abs(aheadMs) > lostMs)
    problems.push(`expected the time of the rack, the clock is ${spell(aheadMs)}: is its battery empty?`);
  if (problems.length > 0) return failed(problems);
  const words = [ticked === undefined ? 'this machine has no hardware clock' : 'the hardware clock ticks'];
  // The rack tells whole seconds.
  if (aheadMs !== undefined && Math.abs(aheadMs) > 2_000) words.push(`it is ${spell(aheadMs)}`);
  if (source !== undefined) words.push(`time is counted by ${source}`);
  return passed(words.join(', '));
}

function spell(aheadMs: number): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const words =
    seconds < 600
      ? `${seconds} s`
      : seconds < 172_800
        ? `${(seconds / 3600).toFixed(1)} h`
        : `${Math.round(seconds / 86_400)} days`;
  return `${words} ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}
