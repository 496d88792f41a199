import { DecodeError } from '../../../errors/decode-error.ts';
import { powerError } from '../errors.ts';
import {
  authCapabilitiesRequest,
  decodeAuthCapabilities,
  type PrivilegeLevel,
  privilegeLevels,
} from './auth-capabilities.ts';
import type { Channel } from './channel.ts';
import {
  type CipherSuite,
  equalBytes,
  type HandshakeFacts,
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4IntegrityCheck,
  type SessionKeys,
  sessionIntegrityKey,
  sessionKeys,
} from './cipher.ts';
import { exchange, type RetransmitTimings } from './exchange.ts';
import { completionError, statusError } from './faults.ts';
import { decodeLanResponse, encodeLanRequest } from './lan-message.ts';
import { type Algorithms, decodeOpenSessionResponse, encodeOpenSessionRequest } from './open-session.ts';
import { decodeRakp2, decodeRakp4, encodeRakp1, encodeRakp3, nameOnlyLookup, type Rakp2 } from './rakp.ts';
import { decodeRmcp, encodeRmcp } from './rmcp.ts';
import {
  decodeRmcpPlus,
  decodeSessionless,
  encodeRmcpPlus,
  encodeSessionless,
  payloadType,
} from './session-header.ts';

export interface Credentials {
  username: Uint8Array;
  password: Uint8Array;
  /** K_g, if the BMC has one: never dropped for a BMC that does not take it. */
  bmcKey?: Uint8Array;
}

export interface HandshakeDeps {
  channel: Channel;
  retransmits: RetransmitTimings;
  randomBytes(length: number): Uint8Array;
}

/** RMCP+ status code (table 13-15). */
const invalidIntegrityCheck = 0x0f;

/** A session that the BMC has opened, before its first message. */
export interface OpenedSession {
  consoleSessionId: number;
  bmcSessionId: number;
  keys: SessionKeys;
}

/**
 * Asks what the BMC speaks.
 * @throws CodedError<PowerErrorCode> BmcUnsupported for a BMC that has only IPMI 1.5: its sessions can be forged.
 */
export async function probe(
  deps: HandshakeDeps,
  privilege: PrivilegeLevel,
  signal: AbortSignal,
): Promise<void> {
  const what = 'Get Channel Authentication Capabilities';
  const request = authCapabilitiesRequest(privilege);
  const packet = encodeRmcp(encodeSessionless(encodeLanRequest(request, 0)));
  const response = await exchange(
    deps.channel,
    {
      what,
      packet: () => packet,
      accept(received) {
        const answer = decodeLanResponse(decodeSessionless(decodeRmcp(received)));
        return answer.command === request.command ? answer : undefined;
      },
      retransmits: deps.retransmits,
    },
    signal,
  );
  if (response.completionCode !== 0) throw completionError(response.completionCode, what);
  if (!decoded(what, () => decodeAuthCapabilities(response.data)).ipmi2) {
    const advice = 'it offers IPMI 1.5 only, which is not safe; enable IPMI 2.0 (RMCP+) or use Redfish';
    throw powerError('BmcUnsupported', advice);
  }
}

/**
 * Opens a session with one cipher suite: Open Session, RAKP 1 to 4 (IPMI 2.0, section 13.15 to 13.24).
 *
 * @throws CodedError<PowerErrorCode> BmcCipherRefused: not this suite; BmcAuthenticationFailed: the user, or the password,
 *   which RAKP 2 tells apart; BmcKeyRefused: the session keys differ although the password is right; and others.
 */
export async function openSession(
  deps: HandshakeDeps,
  suite: CipherSuite,
  credentials: Credentials,
  privilege: PrivilegeLevel,
  signal: AbortSignal,
): Promise<OpenedSession> {
  const consoleSessionId = randomSessionId(deps);
  const level = privilegeLevels[privilege];
  const opened = await ask(
    deps,
    {
      what: 'Open Session',
      request: payloadType.openSessionRequest,
      payload: encodeOpenSessionRequest({
        tag: 0,
        privilege: level,
        consoleSessionId,
        algorithms: suite.algorithms,
      }),
      response: payloadType.openSessionResponse,
      decode: decodeOpenSessionResponse,
      mine: (response) =>
        response.tag === 0 && (response.status !== 0 || response.consoleSessionId === consoleSessionId),
    },
    signal,
  );
  if (opened.status !== 0) throw statusError(opened.status, 'Open Session');
  if (!sameAlgorithms(opened.algorithms, suite.algorithms)) {
    throw powerError('BmcCipherRefused', `asked for cipher suite ${suite.id}, the BMC answered with another`);
  }

  const { bmcSessionId } = opened;
  const { username, password } = credentials;
  const role = nameOnlyLookup | level;
  const consoleRandom = deps.randomBytes(16);
  const rakp2 = await askRakp1(
    deps,
    { bmcSessionId, consoleSessionId, consoleRandom, role, username },
    signal,
  );
  const { bmcRandom, guid } = rakp2;
  const facts = { consoleSessionId, bmcSessionId, consoleRandom, bmcRandom, guid, role, username };
  if (!equalBytes(rakp2.authCode, rakp2AuthCode(suite, password, facts))) {
    sendRefusal(deps, bmcSessionId);
    throw powerError('BmcAuthenticationFailed', 'the password is wrong (RAKP 2)');
  }

  const sik = sessionIntegrityKey(suite, credentials.bmcKey ?? password, facts);
  const rakp4 = await ask(
    deps,
    {
      what: 'RAKP 3',
      request: payloadType.rakp3,
      payload: encodeRakp3({
        tag: 2,
        status: 0,
        bmcSessionId,
        authCode: rakp3AuthCode(suite, password, facts),
      }),
      response: payloadType.rakp4,
      decode: decodeRakp4,
      mine: (response) => response.tag === 2,
    },
    signal,
  );
  if (rakp4.status === invalidIntegrityCheck) {
    // RAKP 2 proved the password: the BMC answered a retransmitted RAKP 1 with another random number.
    throw powerError('BmcProtocolError', 'RAKP 4 says wrong integrity check value', { retryable: true });
  }
  if (rakp4.status !== 0) throw statusError(rakp4.status, 'RAKP 4');
  checkRakp4(suite, sik, facts, rakp4.integrityCheck, credentials);
  return { consoleSessionId, bmcSessionId, keys: sessionKeys(suite, sik) };
}

async function askRakp1(
  deps: HandshakeDeps,
  facts: Omit<HandshakeFacts, 'bmcRandom' | 'guid'>,
  signal: AbortSignal,
): Promise<Rakp2> {
  const rakp2 = await ask(
    deps,
    {
      what: 'RAKP 1',
      request: payloadType.rakp1,
      payload: encodeRakp1({ tag: 1, ...facts }),
      response: payloadType.rakp2,
      decode: decodeRakp2,
      mine: (response) => response.tag === 1,
      silence: (seen) => {
        const meaning = `${seen}, though the BMC opened the session: some say nothing to an unknown user name`;
        return powerError('BmcAuthenticationFailed', meaning, { retryable: true });
      },
    },
    signal,
  );
  if (rakp2.status !== 0) throw statusError(rakp2.status, 'RAKP 2');
  return rakp2;
}

function checkRakp4(
  suite: CipherSuite,
  sik: Uint8Array,
  facts: HandshakeFacts,
  integrityCheck: Uint8Array,
  credentials: Credentials,
): void {
  if (equalBytes(integrityCheck, rakp4IntegrityCheck(suite, sik, facts))) return;
  const seen =
    credentials.bmcKey === undefined
      ? 'the password is right but the session key is not (RAKP 4): the BMC has a K_g, and none was given'
      : 'the password is right but the session key is not (RAKP 4): the BMC has another K_g, or none';
  throw powerError('BmcKeyRefused', seen);
}

interface Question<T> {
  what: string;
  request: number;
  payload: Uint8Array;
  response: number;
  decode(payload: Uint8Array): T;
  mine(response: T): boolean;
  silence?: (seen: string) => Error;
}

function ask<T>(deps: HandshakeDeps, question: Question<T>, signal: AbortSignal): Promise<T> {
  const packet = outsideSession(question.request, question.payload);
  return exchange(
    deps.channel,
    {
      what: question.what,
      packet: () => packet,
      accept(received) {
        const { message } = decodeRmcpPlus(decodeRmcp(received));
        if (message.payloadType !== question.response || message.encrypted || message.authenticated) {
          return undefined;
        }
        const response = question.decode(message.payload);
        return question.mine(response) ? response : undefined;
      },
      retransmits: deps.retransmits,
      ...(question.silence === undefined ? {} : { silence: question.silence }),
    },
    signal,
  );
}

/** Lets the BMC free the half-open session. There is no answer to it. */
function sendRefusal(deps: HandshakeDeps, bmcSessionId: number): void {
  const payload = encodeRakp3({
    tag: 2,
    status: invalidIntegrityCheck,
    bmcSessionId,
    authCode: new Uint8Array(),
  });
  deps.channel.send(outsideSession(payloadType.rakp3, payload));
}

function outsideSession(type: number, payload: Uint8Array): Uint8Array {
  return encodeRmcp(
    encodeRmcpPlus({
      payloadType: type,
      encrypted: false,
      authenticated: false,
      sessionId: 0,
      sequence: 0,
      payload,
    }),
  );
}

function randomSessionId(deps: HandshakeDeps): number {
  const bytes = deps.randomBytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) || 1;
}

function sameAlgorithms(one: Algorithms, other: Algorithms): boolean {
  return (
    one.authentication === other.authentication &&
    one.integrity === other.integrity &&
    one.confidentiality === other.confidentiality
  );
}

function decoded<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (thrown) {
    if (!(thrown instanceof DecodeError)) throw thrown;
    throw powerError('BmcProtocolError', `${what}: ${thrown.message}`, { cause: thrown });
  }
}
