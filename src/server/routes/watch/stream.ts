import type { Caller } from '../../../kube/endpoint/caller-review.ts';
import type { Timers } from '../../../kube/timers.ts';
import type { Tenant } from '../../tenancy.ts';
import type { StreamEvent } from './history.ts';
import type { Pack } from './pack.ts';

/** Why a stream was ended by the server; sent as its last event, `bye`. */
export const byeReasons = {
  SlowClient: 'you take events slower than they come: open the stream again',
  Unauthenticated: 'your token is no longer known: open the stream again with another',
  Forbidden: 'you may no longer watch this',
  Stopping: 'the server ends: open the stream again',
} as const;
export type ByeReason = keyof typeof byeReasons;

/** Where the bytes of a stream go: a socket, or a test's list. */
export interface StreamSink {
  write(piece: string | Uint8Array): void;
  /** Bytes that the peer has not taken yet. */
  pendingBytes(): number;
  end(): void;
  destroy(): void;
}

/** What a stream shows. A namespace that is not known yet is asked about when an event of it comes. */
export interface View {
  /** Nouns to true: all of it; or to what is known of each namespace. */
  nouns: Map<string, true | Map<string, boolean>>;
  namespace: string | undefined;
  /** As whom the caller sees what is theirs in part alone, by noun. */
  tenants?: ReadonlyMap<string, Tenant>;
}

/** One client that watches. */
export interface EventStream {
  readonly caller: Caller;
  readonly view: View;
  /** Takes an event in, to be sent with others; never waits. @param frame how this stream sees it; default: the event's own */
  offer(event: StreamEvent, frame?: string): void;
  /** A sign of life. @param id of the last change that there was: after a break the stream goes on from there */
  comment(id?: string): void;
  bye(reason: ByeReason): void;
  isOpen(): boolean;
  close(): void;
}

export interface StreamOptions {
  caller: Caller;
  view: View;
  sink: StreamSink;
  /** Whether the caller may watch a resource in a namespace. Rejects when that cannot be asked: the stream ends. */
  mayWatch(noun: string, namespace: string): Promise<boolean>;
  /** Events that wait, and bytes that the peer has not taken, before the stream is given up. */
  limits: { events: number; bytes: number };
  /** Shared with all streams that may send the same. */
  pack: Pack;
  /** The first event is sent at once; what comes within this time after it goes out together, in milliseconds. */
  gatherMs: number;
  timers: Timers;
}

/** @param onEnd when it is over, whoever ended it */
export function createEventStream(options: StreamOptions, onEnd: () => void): EventStream {
  const { caller, view, sink, mayWatch, limits, pack, gatherMs, timers } = options;
  let queue: { event: StreamEvent; frame: string }[] = [];
  /** A look at what waits is due. */
  let due = false;
  /** What was taken from the queue is not sent yet. */
  let sending = false;
  let open = true;

  function verdict({ noun, namespace }: StreamEvent): boolean | undefined {
    const known = view.nouns.get(noun);
    if (known === undefined) return false;
    if (view.namespace !== undefined && namespace !== view.namespace) return false;
    if (known === true) return true;
    return namespace === undefined ? false : known.get(namespace);
  }

  async function learn({ noun, namespace = '' }: StreamEvent): Promise<void> {
    const may = await mayWatch(noun, namespace);
    // What is known may have been looked at anew meanwhile.
    const known = view.nouns.get(noun);
    if (known instanceof Map) known.set(namespace, may);
  }

  async function shown(batch: readonly { event: StreamEvent; frame: string }[]): Promise<string[]> {
    const frames: string[] = [];
    for (const { event, frame } of batch) {
      if (verdict(event) === undefined) await learn(event);
      if (verdict(event) === true) frames.push(frame);
    }
    return frames;
  }

  /** Sends what waits, in order, many events in one piece; then the next look is due. */
  async function drain(): Promise<void> {
    while (open && queue.length > 0) {
      const batch = queue;
      queue = [];
      sending = true;
      const frames = await shown(batch);
      sending = false;
      if (!open || frames.length === 0) continue;
      sink.write(pack(frames));
      if (sink.pendingBytes() > limits.bytes) bye('SlowClient');
      timers.after(gatherMs, look);
      return;
    }
    due = false;
  }

  function look(): void {
    drain().catch(() => {
      sink.destroy();
      finish();
    });
  }

  function bye(reason: ByeReason): void {
    if (!open) return;
    const data = JSON.stringify({ reason, detail: byeReasons[reason] });
    sink.write(`event: bye\ndata: ${data}\n\n`);
    sink.end();
    finish();
  }

  function finish(): void {
    if (!open) return;
    open = false;
    queue = [];
    onEnd();
  }

  return {
    caller,
    view,
    offer(event, frame = event.frame) {
      if (!open || verdict(event) === false) return;
      if (queue.length >= limits.events) {
        bye('SlowClient');
        return;
      }
      queue.push({ event, frame });
      if (due) return;
      due = true;
      // After this turn: events of one turn go out together.
      setImmediate(look);
    },
    comment(id) {
      if (!open) return;
      // What waits comes before it: an id now would skip that.
      const isUpToDate = id !== undefined && !sending && queue.length === 0;
      sink.write(isUpToDate ? `: still here\nid: ${id}\n\n` : ': still here\n\n');
    },
    bye,
    isOpen: () => open,
    close: finish,
  };
}
