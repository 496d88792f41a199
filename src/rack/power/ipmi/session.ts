import { DecodeError } from '../../../errors/decode-error.ts';
import { uint32 } from './bytes.ts';
import type { Channel } from './channel.ts';
import { appendTrailer, decryptPayload, encryptPayload, verifyTrailer } from './cipher.ts';
import { exchange, type RetransmitTimings } from './exchange.ts';
import type { OpenedSession } from './handshake.ts';
import {
  decodeLanResponse,
  encodeLanRequest,
  type IpmiRequest,
  type IpmiResponse,
  netFn,
} from './lan-message.ts';
import { decodeRmcp, encodeRmcp } from './rmcp.ts';
import { createSequenceWindow } from './sequence-window.ts';
import { decodeRmcpPlus, encodeRmcpPlus, payloadType } from './session-header.ts';

export interface SessionDeps {
  channel: Channel;
  retransmits: RetransmitTimings;
  randomBytes(length: number): Uint8Array;
}

/** Commands in an open session, one at a time. */
export interface Session {
  /** @throws CodedError<PowerErrorCode> when no answer comes. Completion codes are the caller's to read. */
  run(request: IpmiRequest, what: string, signal: AbortSignal): Promise<IpmiResponse>;
  /** Close Session, so that the BMC's few slots stay free. Never throws; waits a short time. */
  close(): Promise<void>;
}

const closeRetransmits = [300, 700];

/** Every message is encrypted and authenticated; whatever is not is dropped. */
export function startSession(opened: OpenedSession, deps: SessionDeps): Session {
  const { keys } = opened;
  const window = createSequenceWindow();
  let sessionSequence = 0;
  let requestSequence = 0;

  const protect = (message: Uint8Array): Uint8Array => {
    sessionSequence = (sessionSequence + 1) >>> 0 || 1;
    const header = encodeRmcpPlus({
      payloadType: payloadType.ipmi,
      encrypted: true,
      authenticated: true,
      sessionId: opened.bmcSessionId,
      sequence: sessionSequence,
      payload: encryptPayload(keys, message, deps.randomBytes(16)),
    });
    return encodeRmcp(appendTrailer(keys, header));
  };

  const unprotect = (packet: Uint8Array): Uint8Array | undefined => {
    const bytes = decodeRmcp(packet);
    const { message, length } = decodeRmcpPlus(bytes);
    if (message.sessionId !== opened.consoleSessionId || message.payloadType !== payloadType.ipmi)
      return undefined;
    if (!message.authenticated || !message.encrypted) throw new DecodeError('session: unprotected message');
    verifyTrailer(keys, bytes, length);
    return window.accept(message.sequence) ? decryptPayload(keys, message.payload) : undefined;
  };

  const run = (
    request: IpmiRequest,
    what: string,
    retransmits: RetransmitTimings,
    signal: AbortSignal,
  ): Promise<IpmiResponse> => {
    requestSequence = (requestSequence + 1) & 0x3f;
    const sequence = requestSequence;
    const message = encodeLanRequest(request, sequence);
    return exchange(
      deps.channel,
      {
        what,
        packet: () => protect(message),
        accept(packet) {
          const received = unprotect(packet);
          if (received === undefined) return undefined;
          const response = decodeLanResponse(received);
          const mine =
            response.sequence === sequence &&
            response.netFn === request.netFn &&
            response.command === request.command;
          return mine ? response : undefined;
        },
        retransmits,
      },
      signal,
    );
  };

  return {
    run: (request, what, signal) => run(request, what, deps.retransmits, signal),
    async close() {
      const request = { netFn: netFn.app, command: 0x3c, data: uint32(opened.bmcSessionId) };
      try {
        await run(request, 'Close Session', closeRetransmits, new AbortController().signal);
      } catch {
        // The BMC frees the slot itself after a minute without messages.
      }
    },
  };
}
