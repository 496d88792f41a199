import type { LineState } from '../../api/console/messages.ts';
import type { Machine } from '../../api/machine/schema.ts';
import { CodedError, messageOf } from '../../errors/coded-error.ts';
import type { Timers } from '../../kube/timers.ts';
import { consoleError, isConsoleError } from './errors.ts';
import type { ConsoleSource, SerialConsole } from './serial-console.ts';

export interface LineDeps {
  source: ConsoleSource;
  /** As it is now; undefined: it is gone. */
  machine(): Machine | undefined;
  data(data: Uint8Array): void;
  drained(): void;
  changed(state: LineState, message: string | undefined): void;
  /** Whether a session that was cut may be ended at the BMC, as our own, to have the line again. Default: yes. */
  reclaims?(): boolean;
  timers: Timers;
  /** Between two attempts, the last for all that follow. Milliseconds. */
  retryMs?: readonly number[];
}

/** The line to one machine: opened when it is wanted, and again when it is cut. */
export interface Line {
  /** Somebody wants it. An attempt that failed for good is made again. */
  want(): void;
  /** Whoever else has it at the BMC loses it. */
  takeOver(): void;
  state(): { state: LineState; message: string | undefined };
  /** @returns whether there is room for more. What is typed while the line is cut is lost. */
  write(data: Uint8Array): boolean;
  sendBreak(): void;
  /** Nobody wants it any more. Resolves when the BMC has it back. */
  release(): Promise<void>;
}

const defaultRetryMs = [1_000, 2_000, 5_000, 10_000, 30_000];

export function createLine(deps: LineDeps): Line {
  const { source, timers, retryMs = defaultRetryMs, reclaims = () => true } = deps;
  let wanted = false;
  let console: SerialConsole | undefined;
  let opening: AbortController | undefined;
  let running: Promise<void> = Promise.resolve();
  let cancelRetry = (): void => undefined;
  let attempts = 0;
  let state: LineState = 'Lost';
  let message: string | undefined;
  /** The last session was cut, so that the BMC may think we still have it. */
  let orphaned = false;

  function change(next: LineState, why?: string): void {
    state = next;
    message = why;
    deps.changed(next, why);
  }

  function fail(error: unknown): void {
    console = undefined;
    if (!wanted) return;
    if (isConsoleError(error, 'ConsoleInUse') || isConsoleError(error, 'ConsoleEnded')) {
      orphaned = false;
      change('InUse', messageOf(error));
      return;
    }
    const retryable = error instanceof CodedError && error.retryable;
    change(retryable ? 'Lost' : 'Failed', messageOf(error));
    if (!retryable) return;
    const wait = retryMs[Math.min(attempts, retryMs.length - 1)] ?? 0;
    attempts++;
    cancelRetry = timers.after(wait, () => begin(orphaned && reclaims()));
  }

  async function open(takeOver: boolean, stop: AbortController): Promise<void> {
    try {
      const machine = deps.machine();
      if (machine === undefined) throw consoleError('ConsoleEnded', 'the machine is gone');
      let ended: Error | undefined;
      const opened = await source.open(
        machine,
        {
          data: (data) => deps.data(data),
          drained: () => deps.drained(),
          ended(why) {
            ended = why;
            if (console === undefined) return;
            orphaned = !isConsoleError(why);
            fail(why);
          },
        },
        { takeOver },
        stop.signal,
      );
      if (stop.signal.aborted) return await opened.close();
      if (ended !== undefined) return fail(ended);
      console = opened;
      orphaned = false;
      attempts = 0;
      change('Open');
      deps.drained();
    } catch (error) {
      if (!stop.signal.aborted) fail(error);
    } finally {
      if (opening === stop) opening = undefined;
    }
  }

  function begin(takeOver: boolean): void {
    cancelRetry();
    if (!wanted || opening !== undefined || console !== undefined) return;
    const stop = new AbortController();
    opening = stop;
    change('Opening');
    const before = running;
    running = before.then(() => open(takeOver, stop));
  }

  return {
    want() {
      wanted = true;
      if (state !== 'InUse') begin(orphaned && reclaims());
    },
    takeOver() {
      wanted = true;
      begin(true);
    },
    state: () => ({ state, message }),
    write(data) {
      return console === undefined || console.write(data);
    },
    sendBreak: () => console?.sendBreak?.(),
    async release() {
      wanted = false;
      cancelRetry();
      opening?.abort();
      const held = console;
      console = undefined;
      state = 'Lost';
      message = undefined;
      // Who wants it again waits for that: else the BMC would say that it is in use.
      running = Promise.all([running, held?.close()]).then(() => undefined);
      await running;
    },
  };
}
