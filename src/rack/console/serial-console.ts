import type { ConsoleKind } from '../../api/console/messages.ts';
import type { Machine } from '../../api/machine/schema.ts';

/** A serial console that is open. */
export interface SerialConsole {
  /** All of it is taken. @returns whether there is room for more; if not, wait for `drained` */
  write(data: Uint8Array): boolean;
  /** Holds the line in BREAK for a moment. Undefined: this kind cannot. */
  sendBreak?(): void;
  /** Gives the line free. Never throws. */
  close(): Promise<void>;
}

/** Who is told what a console does. */
export interface ConsoleListener {
  /** Characters of the machine. */
  data(data: Uint8Array): void;
  /** There is room again after a `write` that said no. */
  drained(): void;
  /** It has ended by itself: nothing follows. */
  ended(why: Error): void;
}

export interface OpenConsoleOptions {
  /** Another session that has the line at the BMC is ended. Without it, that is a ConsoleInUse. */
  takeOver: boolean;
}

/** A way to the console of a machine. */
export interface ConsoleSource {
  kind: ConsoleKind;
  /** Nothing can be typed, and it tells its whole story each time that it is opened. */
  readOnly?: boolean;
  /** @throws CodedError<PowerErrorCode | ConsoleErrorCode>, and the signal's reason */
  open(
    machine: Machine,
    listener: ConsoleListener,
    options: OpenConsoleOptions,
    signal: AbortSignal,
  ): Promise<SerialConsole>;
}
