import type { Timers } from '../../kube/timers.ts';

/** One body on its way to a client. */
export interface ShareStream {
  /** True at once or when its turn has come to send so many bytes, false when it was closed before. */
  turn(bytes: number): true | Promise<boolean>;
  /** The bytes of the turn are with the kernel. */
  done(): void;
  close(): void;
}

/** How large bodies share the rack: by client, not by connection. */
export interface FairShare {
  open(client: string): ShareStream;
  /** Bytes that a new stream should send at a time: fewer when there are many, for all hold some in memory. */
  chunkBytes(): number;
  stats(): { clients: number; streams: number; waiting: number };
}

/** What `createFairShare` is made of. Times in milliseconds. */
export interface FairShareOptions {
  timers: Timers;
  /** Bytes a second of all bodies together. Default: as fast as it goes. */
  bytesPerSecond?: number | undefined;
  /** At most so many bytes wait for the kernel at once, those for slow clients apart. Default 32 MiB. */
  budgetBytes?: number;
  /** A client's connections take turns of this size, or length. Default 16 MiB, 10 s. */
  turnBytes?: number;
  turnMs?: number;
  /** For so long a turn is kept for a connection whose next bytes are not there yet. Default 50 ms. */
  graceMs?: number;
  /** What a client has not taken in this time waits for the client alone, and is off the budget, as is its next. Default 250 ms. */
  slowMs?: number;
}

interface Client {
  name: string;
  streams: number;
  waiting: Stream[];
  /** Whose turn it is among the client's own. */
  current: Stream | undefined;
  turnBytes: number;
  turnSince: number;
  flying: boolean;
  /** Bytes that it has had, on the clock of `served`. */
  had: number;
  /** It took its last bytes slowly. */
  slow: boolean;
  endGrace: (() => void) | undefined;
}

interface Stream {
  client: Client;
  bytes: number;
  closed: boolean;
  flight: Flight | undefined;
  decide: ((granted: boolean) => void) | undefined;
}

interface Flight {
  bytes: number;
  since: number;
}

const kib = 1024;

/**
 * Two rounds. Between clients: each that waits gets one chunk, then the next one, so that all have equal shares of the rack.
 * Within a client: one connection at a time is fed, in long turns, so that what the kernel holds for sixteen connections does
 * not make sixteen shares of the wire.
 */
export function createFairShare(options: FairShareOptions): FairShare {
  const { timers, bytesPerSecond, budgetBytes = 32 * kib * kib } = options;
  const { turnBytes = 16 * kib * kib, turnMs = 10_000, graceMs = 50, slowMs = 250 } = options;
  const clients = new Map<string, Client>();
  /** Clients with a chunk to send and none on its way; the first has waited longest. */
  const ready = new Set<Client>();
  /** What counts against the budget, the oldest first. */
  const flights = new Set<Flight>();
  let flyingBytes = 0;
  /** What the client had that was served last: who comes, or comes back, begins there. */
  let served = 0;
  let streams = 0;
  /** Bytes that may go now; below zero the rate is exceeded. */
  let credit = (bytesPerSecond ?? 0) / 20;
  let creditAt = timers.monotonic();
  let cancelWake: (() => void) | undefined;

  function leaveBudget(flight: Flight): void {
    if (flights.delete(flight)) flyingBytes -= flight.bytes;
  }

  function land(stream: Stream): void {
    const { flight, client } = stream;
    if (flight === undefined) return;
    leaveBudget(flight);
    client.slow = timers.monotonic() - flight.since >= slowMs;
    client.flying = false;
    stream.flight = undefined;
  }

  /** How long until there is room for a chunk of the client; 0: now. */
  function waitForRoom({ slow }: Client): number {
    const now = timers.monotonic();
    let wait = 0;
    if (!slow && flyingBytes >= budgetBytes) {
      for (const flight of flights) {
        if (now - flight.since < slowMs) break;
        leaveBudget(flight);
      }
      const [oldest] = flights;
      if (flyingBytes >= budgetBytes && oldest !== undefined) wait = oldest.since + slowMs - now;
    }
    if (bytesPerSecond === undefined) return wait;
    const most = bytesPerSecond / 20;
    credit = Math.min(most, credit + ((now - creditAt) / 1000) * bytesPerSecond);
    creditAt = now;
    return credit > 0 ? wait : Math.max(wait, 1, (-credit / bytesPerSecond) * 1000);
  }

  function grant(client: Client): void {
    const stream = client.current;
    ready.delete(client);
    if (stream?.decide === undefined) return;
    client.waiting.splice(client.waiting.indexOf(stream), 1);
    client.flying = true;
    client.turnBytes += stream.bytes;
    served = client.had;
    client.had += stream.bytes;
    stream.flight = { bytes: stream.bytes, since: timers.monotonic() };
    if (!client.slow) {
      flights.add(stream.flight);
      flyingBytes += stream.bytes;
    }
    if (bytesPerSecond !== undefined) credit -= stream.bytes;
    const { decide } = stream;
    stream.decide = undefined;
    decide(true);
  }

  function pump(): void {
    cancelWake?.();
    cancelWake = undefined;
    for (let next = leastServed(); next !== undefined; next = leastServed()) {
      const wait = waitForRoom(next);
      if (wait > 0) {
        cancelWake = timers.after(Math.ceil(wait), pump);
        return;
      }
      grant(next);
    }
  }

  /** Of clients that had as much as each other, the one that has waited longest. */
  function leastServed(): Client | undefined {
    let least: Client | undefined;
    for (const client of ready) if (least === undefined || client.had < least.had) least = client;
    return least;
  }

  function take(client: Client, stream: Stream): void {
    client.current = stream;
    client.turnBytes = 0;
    client.turnSince = timers.monotonic();
  }

  /** Chooses which of the client's own connections is next. */
  function offer(client: Client): void {
    client.endGrace?.();
    client.endGrace = undefined;
    if (client.flying) return;
    const [first, second] = client.waiting;
    if (first === undefined) {
      ready.delete(client);
      return;
    }
    const { current } = client;
    const over = client.turnBytes >= turnBytes || timers.monotonic() - client.turnSince >= turnMs;
    if (current === undefined || current.closed) take(client, first);
    else if (current.decide === undefined) {
      // Its next bytes are being read.
      if (over) take(client, first);
      else {
        client.endGrace = timers.after(graceMs, () => {
          take(client, first);
          offer(client);
          pump();
        });
        return;
      }
    } else if (over) take(client, first === current ? (second ?? current) : first);
    if (!ready.has(client)) client.had = Math.max(client.had, served);
    ready.add(client);
  }

  function clientOf(name: string): Client {
    const known = clients.get(name);
    if (known !== undefined) return known;
    const idle = { waiting: [], current: undefined, flying: false, endGrace: undefined, slow: false };
    const made: Client = { name, streams: 0, ...idle, had: served, turnBytes: 0, turnSince: 0 };
    clients.set(name, made);
    return made;
  }

  function end(stream: Stream): void {
    const { client } = stream;
    const { decide } = stream;
    land(stream);
    stream.decide = undefined;
    if (decide !== undefined) client.waiting.splice(client.waiting.indexOf(stream), 1);
    decide?.(false);
  }

  return {
    chunkBytes: () => (streams <= 32 ? kib * kib : streams <= 256 ? 256 * kib : 64 * kib),
    stats() {
      let waiting = 0;
      for (const client of clients.values()) waiting += client.waiting.length;
      return { clients: clients.size, streams, waiting };
    },
    open(name) {
      const client = clientOf(name);
      const stream: Stream = { client, bytes: 0, closed: false, flight: undefined, decide: undefined };
      client.streams += 1;
      streams += 1;
      return {
        turn(bytes) {
          if (stream.closed) return Promise.resolve(false);
          let granted: boolean | undefined;
          let settle = (decision: boolean): void => {
            granted = decision;
          };
          stream.bytes = bytes;
          stream.decide = (decision) => settle(decision);
          client.waiting.push(stream);
          offer(client);
          pump();
          if (granted === true) return true;
          return new Promise((resolve) => {
            settle = resolve;
          });
        },
        done() {
          if (stream.flight === undefined) return;
          land(stream);
          offer(client);
          pump();
        },
        close() {
          if (stream.closed) return;
          stream.closed = true;
          end(stream);
          client.streams -= 1;
          streams -= 1;
          offer(client);
          if (client.streams === 0) clients.delete(name);
          pump();
        },
      };
    },
  };
}
