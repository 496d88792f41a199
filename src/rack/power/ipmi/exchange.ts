import { DecodeError } from '../../../errors/decode-error.ts';
import { powerError } from '../errors.ts';
import type { Channel } from './channel.ts';

/** How long an answer is waited for before each retransmission, and at last. Milliseconds. */
export type RetransmitTimings = readonly number[];

/** For real BMCs: 10 s altogether. */
export const defaultRetransmits: RetransmitTimings = [1_000, 1_500, 2_500, 5_000];

/**
 * The same for the handshake. A BMC that takes long to compute a code makes another random number for a RAKP 1 that is
 * repeated meanwhile, so there is more patience.
 */
export const defaultHandshakeRetransmits: RetransmitTimings = [2_500, 5_000];

export interface Exchange<T> {
  /** What is asked, for messages. */
  what: string;
  /** The request; called for every transmission, since each needs its own session sequence number. */
  packet(): Uint8Array;
  /**
   * The answer in a packet; undefined: it is not for us. Throws a DecodeError to drop the packet, and anything else to
   * end the exchange with it.
   */
  accept(packet: Uint8Array): T | undefined;
  /** The error when no answer comes; default: BmcUnreachable. */
  silence?: (seen: string) => Error;
  retransmits: RetransmitTimings;
}

/**
 * Sends a request until its answer comes.
 * @throws CodedError<PowerErrorCode> BmcUnreachable without an answer, BmcProtocolError when only garbage came.
 */
export async function exchange<T>(channel: Channel, asked: Exchange<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const answer = Promise.withResolvers<T>();
  let garbage: DecodeError | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sent = 0;

  const giveUp = (): void => {
    const seen = `no answer to ${asked.what} (asked ${sent} times)`;
    const protocolError = (cause: DecodeError): Error =>
      powerError('BmcProtocolError', `${asked.what}: ${cause.message}`, { cause, retryable: true });
    const unreachable = (): Error => powerError('BmcUnreachable', seen, { retryable: true });
    answer.reject(garbage === undefined ? (asked.silence ?? unreachable)(seen) : protocolError(garbage));
  };
  const transmit = (): void => {
    const wait = asked.retransmits[sent];
    if (wait === undefined) {
      giveUp();
      return;
    }
    sent++;
    timer = setTimeout(transmit, wait);
    channel.send(asked.packet());
  };
  const onAbort = (): void => answer.reject(signal.reason);

  signal.addEventListener('abort', onAbort, { once: true });
  channel.listen({
    packet(packet) {
      try {
        const accepted = asked.accept(packet);
        if (accepted !== undefined) answer.resolve(accepted);
      } catch (thrown) {
        if (thrown instanceof DecodeError) garbage = thrown;
        else answer.reject(thrown);
      }
    },
    fault: (error) =>
      answer.reject(
        powerError('BmcUnreachable', `${asked.what}: ${error.message}`, { cause: error, retryable: true }),
      ),
  });
  try {
    transmit();
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    channel.listen(undefined);
    signal.removeEventListener('abort', onAbort);
  }
}
