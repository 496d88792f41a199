import type { TransferTerms } from './negotiate.ts';
import { encodeData, encodeOptionAck } from './packet.ts';

/** What is to be sent now, and how long to wait for an answer to it. */
export type TransferStep =
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
  /** The gap that was filled after a repeated ACK: it is filled once, the timer does the rest. */
  #repaired = -1;

  constructor(content: Uint8Array, terms: TransferTerms, limits: ResendLimits) {
    this.#content = content;
    this.#terms = terms;
    this.#limits = limits;
    this.#waitMs = terms.timeoutMs;
    // A file that fills its last block is ended by an empty one.
    this.#blocks = Math.floor(content.length / terms.blockSize) + 1;
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
    const { accepted, blockSize, windowSize } = this.#terms;
    const wait = this.#waitMs;
    if (this.#acknowledged < 0 && accepted !== undefined) {
      return { kind: 'Send', packets: [encodeOptionAck(accepted)], timeoutMs: wait };
    }
    const packets: Uint8Array[] = [];
    const last = Math.min(this.#acknowledged + windowSize, this.#blocks);
    for (let block = this.#acknowledged + 1; block <= last; block += 1) {
      const data = this.#content.subarray((block - 1) * blockSize, block * blockSize);
      packets.push(encodeData(block & 0xffff, data));
    }
    this.#sent = last;
    return { kind: 'Send', packets, timeoutMs: wait };
  }
}
