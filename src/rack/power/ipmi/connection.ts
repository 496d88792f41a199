import { DecodeError } from '../../../errors/decode-error.ts';
import type { Logger } from '../../../log/logger.ts';
import { isPowerError, powerError } from '../errors.ts';
import { formatHostPort, type HostPort } from '../host-port.ts';
import { type PrivilegeLevel, privilegeLevels } from './auth-capabilities.ts';
import type { BridgeHop } from './bridge.ts';
import type { Channel, OpenChannel } from './channel.ts';
import { type CipherSuiteId, cipherSuites } from './cipher.ts';
import type { RetransmitTimings } from './exchange.ts';
import { completionError } from './faults.ts';
import { type Credentials, type OpenedSession, openSession, probe } from './handshake.ts';
import { type IpmiRequest, netFn } from './lan-message.ts';
import { type Session, startSession } from './session.ts';

export interface ConnectionOptions {
  address: HostPort;
  credentials: Credentials;
  privilegeLevel: PrivilegeLevel;
  /** In this order, each only when the BMC has refused the one before. */
  cipherSuites: readonly CipherSuiteId[];
  log: Logger;
  openChannel: OpenChannel;
  randomBytes(length: number): Uint8Array;
  retransmits: RetransmitTimings;
  handshakeRetransmits: RetransmitTimings;
}

/** Sends a command. @returns the data of its response. @throws CodedError<PowerErrorCode> */
export type Send = (request: IpmiRequest, what: string) => Promise<Uint8Array>;

/** The same for a command that the BMC may refuse: undefined then. @throws CodedError<PowerErrorCode> without answer. */
export type TrySend = (request: IpmiRequest, what: string) => Promise<Uint8Array | undefined>;

/** The session with one BMC: opened with the first use, kept until `close`, opened anew after a fault. */
export interface Connection {
  /**
   * @param path the controllers between the BMC and the one that is asked, that one last
   * @throws CodedError<PowerErrorCode>, and the signal's reason.
   */
  use<T>(
    work: (send: Send, trySend: TrySend) => Promise<T>,
    signal: AbortSignal,
    path?: readonly BridgeHop[],
  ): Promise<T>;
  /** Closes the session at the BMC. Never throws. */
  close(): Promise<void>;
}

const keepsSession: ReadonlySet<string> = new Set(['BmcBusy', 'BmcUnsupported', 'BmcSystemNotFound']);

/** Makes the connection; nothing is sent before its first use. */
export function createConnection(options: ConnectionOptions): Connection {
  const where = formatHostPort(options.address);
  let channel: Channel | undefined;
  let session: Session | undefined;

  const close = async (): Promise<void> => {
    const [oldSession, oldChannel] = [session, channel];
    session = undefined;
    channel = undefined;
    await oldSession?.close();
    oldChannel?.close();
  };

  const ready = async (signal: AbortSignal): Promise<Session> => {
    if (session !== undefined) return session;
    channel?.close();
    channel = await options.openChannel(options.address, signal);
    session = await openSessionOn(channel, options, signal);
    return session;
  };

  return {
    async use(work, signal, path) {
      try {
        const current = await ready(signal);
        return await work(
          async (request, what) => {
            const response = await current.run(request, what, signal, path);
            if (response.completionCode !== 0) throw completionError(response.completionCode, what);
            return response.data;
          },
          async (request, what) => {
            const response = await current.run(request, what, signal, path);
            return response.completionCode === 0 ? response.data : undefined;
          },
        );
      } catch (thrown) {
        // A BMC that only said "busy" or "not me" keeps its session; whatever else went wrong, the next use starts afresh.
        if (!isPowerError(thrown) || !keepsSession.has(thrown.code)) await close();
        if (!(thrown instanceof DecodeError)) throw thrown;
        throw powerError('BmcProtocolError', `${where}: ${thrown.message}`, { cause: thrown });
      }
    },
    close,
  };
}

/**
 * Opens a session of its own over a channel, with the privilege that the options ask for.
 * @param onPayload told of payloads other than commands. Default: they are dropped.
 * @throws CodedError<PowerErrorCode>, and the signal's reason.
 */
export async function openSessionOn(
  channel: Channel,
  options: ConnectionOptions,
  signal: AbortSignal,
  onPayload?: (type: number, payload: Uint8Array) => void,
): Promise<Session> {
  const { retransmits, randomBytes, privilegeLevel } = options;
  const deps = { channel, retransmits, randomBytes, ...(onPayload === undefined ? {} : { onPayload }) };
  await probe(deps, privilegeLevel, signal);
  const session = startSession(await openTwice(options, channel, signal), deps);
  try {
    await raisePrivilege(session, privilegeLevel, signal);
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
  return session;
}

/** A handshake that a lost or late packet has spoilt is begun anew, once. */
async function openTwice(
  options: ConnectionOptions,
  channel: Channel,
  signal: AbortSignal,
): Promise<OpenedSession> {
  try {
    return await openWithAnySuite(options, channel, signal);
  } catch (thrown) {
    if (!isPowerError(thrown) || thrown.code !== 'BmcProtocolError' || !thrown.retryable) throw thrown;
    options.log.debug({}, thrown.message);
    return await openWithAnySuite(options, channel, signal);
  }
}

async function openWithAnySuite(
  options: ConnectionOptions,
  channel: Channel,
  signal: AbortSignal,
): Promise<OpenedSession> {
  const { credentials, privilegeLevel, handshakeRetransmits: retransmits, randomBytes } = options;
  let refusal: Error = powerError('BmcCipherRefused', formatHostPort(options.address));
  for (const id of options.cipherSuites) {
    try {
      const deps = { channel, retransmits, randomBytes };
      return await openSession(deps, cipherSuites[id], credentials, privilegeLevel, signal);
    } catch (thrown) {
      if (!isPowerError(thrown) || thrown.code !== 'BmcCipherRefused') throw thrown;
      options.log.debug({ cipherSuite: id }, thrown.message);
      refusal = thrown;
    }
  }
  throw refusal;
}

/** A session begins with the privilege User (IPMI 2.0, section 22.18). */
async function raisePrivilege(session: Session, level: PrivilegeLevel, signal: AbortSignal): Promise<void> {
  const what = `Set Session Privilege Level ${level}`;
  const request = { netFn: netFn.app, command: 0x3b, data: Uint8Array.of(privilegeLevels[level]) };
  const { completionCode } = await session.run(request, what, signal);
  // 0x80 to 0x82: not for this user, or not on this channel (table 22-18).
  if (completionCode >= 0x80 && completionCode <= 0x82) {
    throw powerError('BmcPrivilegeTooLow', `${what}: refused (0x${completionCode.toString(16)})`);
  }
  if (completionCode !== 0) throw completionError(completionCode, what);
}
