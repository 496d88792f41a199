import { DecodeError } from '../../../errors/decode-error.ts';
import { type BridgeHop, bridgedRequest, bridgedResponse, bridgedTo } from './bridge.ts';
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
  /** Told of payloads other than commands: Serial over LAN. Default: they are dropped. */
  onPayload?(type: number, payload: Uint8Array): void;
}

/** Commands in an open session, one at a time. */
export interface Session {
  /**
   * @param path the controllers between the BMC and the one that is asked, that one last; empty: the BMC itself
   * @throws CodedError<PowerErrorCode> when no answer comes. Completion codes are the caller's to read.
   */
  run(
    request: IpmiRequest,
    what: string,
    signal: AbortSignal,
    path?: readonly BridgeHop[],
  ): Promise<IpmiResponse>;
  /** Sends a payload other than a command, once, protected as commands are. */
  sendPayload(type: number, payload: Uint8Array): void;
  /** A packet that came while no command waits for its answer. Garbage is dropped. */
  receive(packet: Uint8Array): void;
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

  const protect = (message: Uint8Array, type: number = payloadType.ipmi): Uint8Array => {
    sessionSequence = (sessionSequence + 1) >>> 0 || 1;
    const header = encodeRmcpPlus({
      payloadType: type,
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
    const isCommand = message.payloadType === payloadType.ipmi;
    if (message.sessionId !== opened.consoleSessionId || (!isCommand && deps.onPayload === undefined))
      return undefined;
    if (!message.authenticated || !message.encrypted) throw new DecodeError('session: unprotected message');
    verifyTrailer(keys, bytes, length);
    if (!window.accept(message.sequence)) return undefined;
    const payload = decryptPayload(keys, message.payload);
    if (isCommand) return payload;
    deps.onPayload?.(message.payloadType, payload);
    return undefined;
  };

  const run = (
    request: IpmiRequest,
    what: string,
    retransmits: RetransmitTimings,
    signal: AbortSignal,
    path: readonly BridgeHop[] = [],
  ): Promise<IpmiResponse> => {
    requestSequence = (requestSequence + 1) & 0x3f;
    const sequence = requestSequence;
    const message = encodeLanRequest(bridgedRequest(request, path, sequence), sequence);
    return exchange(
      deps.channel,
      {
        what,
        packet: () => protect(message),
        accept(packet) {
          const received = unprotect(packet);
          if (received === undefined) return undefined;
          const outer = decodeLanResponse(received, path.length === 0 ? undefined : bridgedTo);
          if (outer.sequence !== sequence) return undefined;
          const response = path.length === 0 ? outer : bridgedResponse(outer, what, path.length);
          const mine =
            response !== undefined &&
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
    run: (request, what, signal, path) => run(request, what, deps.retransmits, signal, path),
    sendPayload: (type, payload) => deps.channel.send(protect(payload, type)),
    receive(packet) {
      try {
        unprotect(packet);
      } catch (thrown) {
        if (!(thrown instanceof DecodeError)) throw thrown;
      }
    },
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
