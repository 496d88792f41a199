import type { TransferTerms } from './negotiate.ts';
import { encodeData, encodeOptionAck } from './packet.ts';

/** What is to be sent now, and how long to wait for an answer to it. */
export type TransferStep =
  /** The packets are to be sent before the transfer is asked for anything more. */
  | { kind: 'Send'; packets: Uint8Array[]; timeoutMs: number }
  /** Nothing; the wait goes on. */
  | { kind: 'Wait' }
  | { kind: 'Done' }
  /** Nobody answers. */
  | { kind: 'GiveUp' };

/** Resends before the first ACK and after it. */
export interface ResendLimits {
  resendsBeforeFirstAck: number;
  resends: number;
}

const longestTimeoutMs = 8000;

/**
 * One file on its way (RFC 1350 with windows, RFC 7440). No sockets, no timers: the caller sends what it is told and
 * says what came back. Blocks are counted from 1 without end; only the packets carry 16 bits, which go on with 0.
 */
export class Transfer {
  readonly #content: Uint8Array;
  readonly #terms: TransferTerms;
  readonly #limits: ResendLimits;
  readonly #blocks: number;
  /** Blocks that the client has; -1 while the OACK is not acknowledged. */
  #acknowledged: number;
  #sent = 0;
  #resends = 0;
  #heard = false;
  #waitMs: number;
  /** The packet that most likely comes next, made while the client is at work. */
  #next: { block: number; packet: Uint8Array } | undefined;
  /**
   * In lockstep, the places of the block that is sent and of the next one: memory that is taken for each block anew wakes the
   * threads of the garbage collection all the time.
   */
  readonly #places: readonly Uint8Array[];
  /** The gap that was filled after a repeated ACK: it is filled once, the timer does the rest. */
  #repaired = -1;

  constructor(content: Uint8Array, terms: TransferTerms, limits: ResendLimits) {
    this.#content = content;
    this.#terms = terms;
    this.#limits = limits;
    this.#waitMs = terms.timeoutMs;
    // A file that fills its last block is ended by an empty one.
    this.#blocks = Math.floor(content.length / terms.blockSize) + 1;
    const { blockSize, windowSize } = terms;
    const places = windowSize === 1 && content.length > blockSize ? 2 : 0;
    this.#places = Array.from({ length: places }, () => Buffer.allocUnsafeSlow(4 + blockSize));
    this.#acknowledged = terms.accepted === undefined ? 0 : -1;
  }

  /** The answer to the request; once more when the client repeats it before it has acknowledged anything. */
  start(): TransferStep {
    return this.#heard ? { kind: 'Wait' } : this.#send();
  }

  /** Whether the client has acknowledged anything. */
  get heard(): boolean {
    return this.#heard;
  }

  /**
   * An ACK. One that acknowledges nothing new is ignored, for a resend would double every packet after it (RFC 1123,
   * 4.2.3.1); only within windows does it tell of a lost first block.
   * @param afterMs how long ago something was last sent; a client that needs long is given long
   */
  acknowledge(block: number, afterMs = 0): TransferStep {
    const reached = this.#reached(block);
    if (reached === undefined) return { kind: 'Wait' };
    if (reached === this.#acknowledged) {
      if (this.#terms.windowSize === 1 || this.#sent <= reached || this.#repaired === reached) {
        return { kind: 'Wait' };
      }
      this.#repaired = reached;
      return this.#send();
    }
    // Only what was sent once tells how long an answer takes (Karn): after a resend the longer wait stays for one round.
    if (this.#resends === 0) this.#setWait(Math.max(this.#terms.timeoutMs, 2 * afterMs));
    this.#acknowledged = reached;
    this.#heard = true;
    this.#resends = 0;
    if (reached === this.#blocks) return { kind: 'Done' };
    return this.#send();
  }

  /** Makes what an ACK will ask for, now that the last packet is on its way and there is time. */
  prepare(): void {
    const block = this.#sent + 1;
    if (this.#terms.windowSize === 1 && block <= this.#blocks) {
      this.#next = { block, packet: this.#packet(block) };
    }
  }

  /** The wait was in vain. */
  timeout(): TransferStep {
    const allowed = this.#heard ? this.#limits.resends : this.#limits.resendsBeforeFirstAck;
    if (this.#resends >= allowed) return { kind: 'GiveUp' };
    this.#resends += 1;
    this.#setWait(2 * this.#waitMs);
    return this.#send();
  }

  #setWait(ms: number): void {
    if (this.#terms.backOff) this.#waitMs = Math.min(ms, longestTimeoutMs);
  }

  /** The block count that an ACK's 16 bits stand for; undefined when it is none that the client can have. */
  #reached(block: number): number | undefined {
    if (this.#acknowledged < 0) return block === 0 ? 0 : undefined;
    const ahead = (block - this.#acknowledged) & 0xffff;
    const reached = this.#acknowledged + ahead;
    return reached <= this.#sent ? reached : undefined;
  }

  #send(): TransferStep {
    const { accepted, windowSize } = this.#terms;
    const wait = this.#waitMs;
    if (this.#acknowledged < 0 && accepted !== undefined) {
      return { kind: 'Send', packets: [encodeOptionAck(accepted)], timeoutMs: wait };
    }
    const packets: Uint8Array[] = [];
    const last = Math.min(this.#acknowledged + windowSize, this.#blocks);
    for (let block = this.#acknowledged + 1; block <= last; block += 1) packets.push(this.#packet(block));
    this.#sent = last;
    return { kind: 'Send', packets, timeoutMs: wait };
  }

  #packet(block: number): Uint8Array {
    if (this.#next?.block === block) return this.#next.packet;
    const { blockSize } = this.#terms;
    const data = this.#content.subarray((block - 1) * blockSize, block * blockSize);
    return encodeData(block & 0xffff, data, this.#places[block & 1]);
  }
}
