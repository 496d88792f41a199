import { concat } from '../../power/ipmi/bytes.ts';
import type { SolReport, SolRequest } from './payload.ts';

/** How packets to the BMC are paced. Milliseconds. */
export interface SolTimings {
  /** Before a packet without an answer is sent again, one for each time; after the last the link is lost. */
  retries: readonly number[];
  /** After a refusal, before what is left is offered again. */
  pauseMs: number;
}

export const defaultSolTimings: SolTimings = {
  retries: [300, 500, 800, 1_200, 2_000, 3_000, 4_000],
  pauseMs: 500,
};

/** Characters that wait for the BMC at most; whoever writes has to wait for room. */
export const queueBytes = 64 * 1024;

export interface SolFlowDeps {
  charactersToBmc: number;
  timings: SolTimings;
  send(packet: SolRequest): void;
  /** Characters of the machine, each once and in order. */
  received(data: Uint8Array): void;
  /** There is room again after a `write` that said no. */
  drained(): void;
  /** The BMC does not answer, or has ended SOL. Nothing more is sent. */
  lost(why: 'Silent' | 'Deactivated'): void;
  /** Runs `callback` once after `ms`, and returns what takes it back. */
  after(ms: number, callback: () => void): () => void;
}

/** One end of a Serial-over-LAN connection: what is sent when, and what of the received is new. */
export interface SolFlow {
  /** All of it is taken. @returns whether there is room for more; if not, wait for `drained`. */
  write(data: Uint8Array): boolean;
  sendBreak(): void;
  receive(packet: SolReport): void;
  /** Characters that the BMC has not acknowledged. */
  waiting(): number;
  stop(): void;
}

interface Outstanding {
  packet: SolRequest;
  tries: number;
}

/** Breaks count as no bytes: there is another end to them. */
const mostPieces = 4_096;

const ackOnly = { sequence: 0, nack: false, sendBreak: false, data: new Uint8Array() };

/** How far behind the newest packet a number counts as one that came late, and not as the next round of fifteen. */
const lateWindow = 4;

/**
 * Serial over LAN (IPMI 2.0, section 15): one packet at a time each way, numbered 1 to 15, sent again until it is
 * acknowledged; the receiver says how many characters it took.
 */
export function createSolFlow(deps: SolFlowDeps): SolFlow {
  const queue: (Uint8Array | 'Break')[] = [];
  let queued = 0;
  let refusedRoom = false;
  let outstanding: Outstanding | undefined;
  let lastSent = 0;
  let cancel = (): void => undefined;
  let paused = false;
  let stopped = false;
  let newest: { sequence: number; length: number } | undefined;

  function stop(): void {
    stopped = true;
    cancel();
  }

  function lose(why: 'Silent' | 'Deactivated'): void {
    if (stopped) return;
    stop();
    deps.lost(why);
  }

  /** Up to the next BREAK: that means something only in its place among the characters, and goes alone. */
  function take(most: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let room = most;
    for (let [first] = queue; first !== undefined && first !== 'Break' && room > 0; [first] = queue) {
      const part = first.subarray(0, room);
      room -= part.length;
      parts.push(part);
      if (part.length === first.length) queue.shift();
      else queue[0] = first.subarray(part.length);
    }
    const data = concat(...parts);
    queued -= data.length;
    return data;
  }

  function giveBack({ data, sendBreak }: SolRequest, { accepted, nack }: SolReport): void {
    if (sendBreak && nack) queue.unshift('Break');
    const left = data.subarray(Math.min(accepted, data.length));
    if (left.length === 0) return;
    queue.unshift(left);
    queued += left.length;
  }

  function next(): void {
    if (stopped || paused || outstanding !== undefined || queue.length === 0) return;
    lastSent = (lastSent % 15) + 1;
    const sendBreak = queue[0] === 'Break';
    if (sendBreak) queue.shift();
    const data = sendBreak ? new Uint8Array() : take(deps.charactersToBmc);
    const packet = { sequence: lastSent, acknowledges: 0, accepted: 0, nack: false, sendBreak, data };
    outstanding = { packet, tries: 0 };
    transmit(outstanding);
    if (refusedRoom && queued < queueBytes / 2) {
      refusedRoom = false;
      deps.drained();
    }
  }

  function transmit(current: Outstanding): void {
    const wait = deps.timings.retries[current.tries];
    if (wait === undefined) {
      lose('Silent');
      return;
    }
    current.tries++;
    cancel();
    cancel = deps.after(wait, () => transmit(current));
    deps.send(current.packet);
  }

  function acknowledged(report: SolReport): void {
    if (outstanding === undefined || report.acknowledges !== outstanding.packet.sequence) return;
    cancel();
    giveBack(outstanding.packet, report);
    outstanding = undefined;
    if (report.nack || report.unavailable) pause();
  }

  /** The BMC tells when it takes characters again; in case that is lost, it is offered them now and then. */
  function pause(): void {
    paused = true;
    cancel = deps.after(deps.timings.pauseMs, resume);
  }

  function resume(): void {
    paused = false;
    next();
  }

  function takeIn(packet: SolReport): void {
    const { sequence, data } = packet;
    if (sequence === 0) return;
    if (newest?.sequence === sequence) {
      // Sent again: it may have grown meanwhile.
      if (data.length > newest.length) {
        const fresh = data.subarray(newest.length);
        newest = { sequence, length: data.length };
        deps.received(fresh);
      }
    } else if (newest === undefined || (newest.sequence - sequence + 15) % 15 > lateWindow) {
      newest = { sequence, length: data.length };
      if (data.length > 0) deps.received(data);
    }
    deps.send({ ...ackOnly, acknowledges: sequence, accepted: Math.min(data.length, 255) });
  }

  return {
    write(data) {
      if (stopped || data.length === 0) return !stopped;
      queue.push(data.slice());
      queued += data.length;
      next();
      refusedRoom = queued >= queueBytes;
      return !refusedRoom;
    },
    sendBreak() {
      if (queue.length < mostPieces) queue.push('Break');
      next();
    },
    receive(packet) {
      if (stopped) return;
      takeIn(packet);
      acknowledged(packet);
      if (packet.deactivating) {
        lose('Deactivated');
        return;
      }
      if (paused && !packet.nack && !packet.unavailable) {
        cancel();
        resume();
      }
      next();
    },
    waiting: () => queued + (outstanding?.packet.data.length ?? 0),
    stop,
  };
}
