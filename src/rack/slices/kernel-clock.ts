import { readFileSync } from 'node:fs';
import type { Timers } from '../../kube/timers.ts';
import { systemTimers } from '../../kube/timers.ts';

/** CLOCK_MONOTONIC in milliseconds since the kernel's boot: it goes on when this process is started anew. */
export const kernelTimers: Timers = {
  monotonic() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  after: systemTimers.after,
};

/** Identifies the kernel's boot. Where that cannot be read, no two processes share one. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `${process.pid} ${performance.timeOrigin}`;
  }
}
