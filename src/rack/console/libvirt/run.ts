import type { Timers } from '../../../kube/timers.ts';

export interface RunWatch {
  /** What `virsh domid` said before the console was opened. */
  run: string;
  /** What it says now. */
  id(signal: AbortSignal): Promise<string>;
  timers: Timers;
  /** Is called once, when the machine runs another time, or no more. */
  over(): void;
}

/** How long to wait before each look, in milliseconds: longer together than libvirt takes to end a machine that does not obey. */
const waits = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000];

/**
 * Looks whether a console that was opened is that of a machine that still runs. libvirt ends the consoles of a machine that goes; but one
 * that was opened while the machine was going is forgotten, and stays silent for ever, also when the machine runs again.
 *
 * @returns what ends the watch
 */
export function watchRun({ run, id, timers, over }: RunWatch): () => void {
  const stop = new AbortController();
  const look = (at: number): void => {
    const wait = waits[at];
    if (wait === undefined) return;
    const cancel = timers.after(wait, async () => {
      // One that cannot be asked now may be asked later.
      const now = await id(stop.signal).catch(() => run);
      if (stop.signal.aborted) return;
      if (now === run) look(at + 1);
      else over();
    });
    stop.signal.addEventListener('abort', cancel, { once: true });
  };
  look(0);
  return () => stop.abort();
}
