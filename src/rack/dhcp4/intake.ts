/** How much a message matters when not all can be answered. */
export type Urgency =
  /** Somebody has been promised something: REQUEST and all that is no DISCOVER. Never waits. */
  | 'Promised'
  /** A DISCOVER of a machine or of a client with a reservation. */
  | 'Known'
  /** A DISCOVER of anybody else. */
  | 'Unknown';

/** What `createIntake` is made of. */
export interface IntakeOptions<T> {
  handle(item: T): void;
  /** Told of what was given up for newer ones. */
  dropped(item: T): void;
  /** Calls back when the datagrams that wait have been read. Default: setImmediate. */
  afterReading?(turn: () => void): void;
  /** DISCOVERs answered between two looks at the socket. Default 32. */
  perTurn?: number;
  /** DISCOVERs that wait, of each kind. Default 512: a server that answers 5,000 a second has them for a tenth of one. */
  capacity?: number;
}

/** Orders messages when more come in than can be answered. */
export interface Intake<T> {
  /** @param urgency asked only when it matters */
  take(item: T, isDiscover: boolean, urgency: () => 'Known' | 'Unknown'): void;
}

/**
 * A server that works off its socket in order answers, at twice the load it can bear, many DISCOVERs whose REQUESTs are then
 * lost. Here messages are read as fast as they come; REQUESTs are answered at once, and only so many DISCOVERs between two
 * looks at the socket. The others wait, known clients' before, and what has waited longest is given up first: its client is
 * about to ask again.
 */
export function createIntake<T>(options: IntakeOptions<T>): Intake<T> {
  const { handle, dropped, afterReading = setImmediate, perTurn = 32, capacity = 512 } = options;
  const known: T[] = [];
  const unknown: T[] = [];
  let answered = 0;
  let scheduled = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    afterReading(turn);
  }

  function turn(): void {
    scheduled = false;
    answered = 0;
    while (answered < perTurn) {
      const next = known.shift() ?? unknown.shift();
      if (next === undefined) return;
      answered += 1;
      schedule();
      handle(next);
    }
  }

  return {
    take(item, isDiscover, urgency) {
      if (!isDiscover) {
        handle(item);
        return;
      }
      schedule();
      if (answered < perTurn && known.length === 0 && unknown.length === 0) {
        answered += 1;
        handle(item);
        return;
      }
      const queue = urgency() === 'Known' ? known : unknown;
      queue.push(item);
      if (queue.length <= capacity) return;
      const oldest = queue.shift();
      if (oldest !== undefined) dropped(oldest);
    },
  };
}
