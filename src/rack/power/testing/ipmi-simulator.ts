import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { DecodeError } from '../../../errors/decode-error.ts';
import type { PowerState } from '../driver.ts';
import { bridgedMessage } from '../ipmi/bridge.ts';
import {
  appendTrailer,
  type CipherSuite,
  type CipherSuiteId,
  cipherSuites,
  decryptPayload,
  encryptPayload,
  equalBytes,
  type HandshakeFacts,
  rakp2AuthCode,
  rakp3AuthCode,
  rakp4IntegrityCheck,
  type SessionKeys,
  sessionIntegrityKey,
  sessionKeys,
  verifyTrailer,
} from '../ipmi/cipher.ts';
import { decodeLanRequest, encodeLanResponse, type IpmiRequest } from '../ipmi/lan-message.ts';
import { decodeOpenSessionRequest, encodeOpenSessionResponse } from '../ipmi/open-session.ts';
import { decodeRakp1, decodeRakp3, encodeRakp2, encodeRakp4 } from '../ipmi/rakp.ts';
import { decodeRmcp, encodeRmcp } from '../ipmi/rmcp.ts';
import {
  decodeRmcpPlus,
  decodeSessionless,
  encodeRmcpPlus,
  encodeSessionless,
  payloadType,
} from '../ipmi/session-header.ts';
import { answerBridged, executeOther, type SimulatedBus } from './ipmi-bridge.ts';

/** What the simulated BMC is like, and what is wrong with it. May be changed while it runs. */
export interface IpmiFaults {
  suites: CipherSuiteId[];
  /** Answers every Open Session with this suite, as virtualbmc does. */
  imposedSuite?: CipherSuiteId;
  bmcKey?: Uint8Array;
  ipmi15Only?: boolean;
  maxSessions: number;
  maxPrivilege: number;
  /** Says nothing to an unknown user, as virtualbmc does. */
  silentAboutUsers?: boolean;
  /** What happens to an answer before it is sent, by the answer's name. */
  answer(name: string, packet: Uint8Array, nth: number): Uint8Array[];
  /** Completion code of a command; 0 carries it out. */
  completion(request: IpmiRequest, nth: number): number;
  /** The machine changes its state after as many looks. */
  looksUntilOn: number;
  manufacturer: number;
  /** What is behind it. Without one it knows no Send Message. */
  bus?: SimulatedBus;
}

export interface IpmiSimulator {
  port: number;
  faults: IpmiFaults;
  /** Commands that were carried out inside sessions, as `netFn/command` and their data in hex. */
  commands: string[];
  /** Every request that came, retransmissions too. */
  received: string[];
  openSessions(): number;
  power(): PowerState;
  setPower(state: 'On' | 'Off'): void;
  close(): Promise<void>;
}

interface SimulatedSession {
  suite: CipherSuite;
  facts: HandshakeFacts;
  privilege: number;
  keys?: SessionKeys;
  sequence: number;
  lastSeen: number;
  last?: { sequence: number; response: Uint8Array };
}

/** A BMC in this process that speaks IPMI 2.0, for faults that no real one can be brought to make. Loopback only. */
export async function startIpmiSimulator(users: Readonly<Record<string, string>>): Promise<IpmiSimulator> {
  const socket = createSocket('udp4');
  const sessions = new Map<number, SimulatedSession>();
  const guid = new Uint8Array(randomBytes(16));
  const counts = new Map<string, number>();
  const received: string[] = [];
  const commands: string[] = [];
  let state: 'On' | 'Off' = 'Off';
  let looksLeft = 0;
  const faults: IpmiFaults = {
    suites: ['17', '3'],
    maxSessions: 4,
    maxPrivilege: 4,
    answer: (_name, packet) => [packet],
    completion: () => 0,
    looksUntilOn: 0,
    manufacturer: 343,
  };

  const count = (name: string): number => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return nth;
  };
  const reply = (name: string, packet: Uint8Array, to: RemoteInfo): void => {
    for (const each of faults.answer(name, packet, count(`answer ${name}`))) {
      socket.send(each, to.port, to.address);
    }
  };
  const outside = (type: number, payload: Uint8Array): Uint8Array =>
    encodeRmcp(
      encodeRmcpPlus({
        payloadType: type,
        encrypted: false,
        authenticated: false,
        sessionId: 0,
        sequence: 0,
        payload,
      }),
    );

  const authCapabilities = (bytes: Uint8Array, to: RemoteInfo): void => {
    const request = decodeLanRequest(decodeSessionless(bytes));
    received.push('auth capabilities');
    const keyBit = faults.bmcKey === undefined ? 0 : 0x20;
    const data = Uint8Array.of(
      1,
      faults.ipmi15Only ? 0x04 : 0x80,
      0x04 | keyBit,
      faults.ipmi15Only ? 0x01 : 0x03,
      0,
      0,
      0,
      0,
    );
    const response = encodeLanResponse({ ...request, completionCode: 0, data });
    reply('auth capabilities', encodeRmcp(encodeSessionless(response)), to);
  };

  const openSession = (payload: Uint8Array, to: RemoteInfo): void => {
    const request = decodeOpenSessionRequest(payload);
    const { tag, consoleSessionId, algorithms } = request;
    received.push('open session');
    const asked = Object.values(cipherSuites).find(
      (known) => JSON.stringify(known.algorithms) === JSON.stringify(algorithms),
    );
    const taken = faults.imposedSuite === undefined ? asked : cipherSuites[faults.imposedSuite];
    const offered = taken !== undefined && faults.suites.includes(taken.id);
    const full =
      [...sessions.values()].filter((session) => session.keys !== undefined).length >= faults.maxSessions;
    const status = offered ? (full ? 0x01 : 0) : 0x11;
    const bmcSessionId = randomBytes(4).readUInt32LE() || 1;
    if (taken !== undefined && status === 0) {
      const none = new Uint8Array();
      const facts = {
        consoleSessionId,
        bmcSessionId,
        consoleRandom: none,
        bmcRandom: none,
        guid,
        role: 0,
        username: none,
      };
      sessions.set(bmcSessionId, { suite: taken, facts, privilege: 2, sequence: 0, lastSeen: 0 });
    }
    const response = {
      tag,
      status,
      consoleSessionId,
      bmcSessionId,
      algorithms: taken?.algorithms ?? algorithms,
    };
    reply(
      'open session',
      outside(payloadType.openSessionResponse, encodeOpenSessionResponse(response, 4)),
      to,
    );
  };

  const rakp1 = (payload: Uint8Array, to: RemoteInfo): void => {
    const { tag, bmcSessionId, consoleRandom, role, username } = decodeRakp1(payload);
    received.push('RAKP 1');
    const session = sessions.get(bmcSessionId);
    if (session === undefined) return;
    const password = users[new TextDecoder().decode(username)];
    if (password === undefined && faults.silentAboutUsers) return;
    const bmcRandom = new Uint8Array(randomBytes(16));
    session.facts = { ...session.facts, consoleRandom, bmcRandom, role, username };
    const tooHigh = (role & 0x0f) > faults.maxPrivilege;
    const status = password === undefined ? 0x0d : tooHigh ? 0x0a : 0;
    const authCode = rakp2AuthCode(session.suite, new TextEncoder().encode(password ?? ''), session.facts);
    const { consoleSessionId } = session.facts;
    const message = { tag, status, consoleSessionId, bmcRandom, guid, authCode };
    reply('RAKP 2', outside(payloadType.rakp2, encodeRakp2(message)), to);
  };

  const rakp3 = (payload: Uint8Array, to: RemoteInfo): void => {
    const { tag, status: refusal, bmcSessionId, authCode } = decodeRakp3(payload);
    received.push(refusal === 0 ? 'RAKP 3' : `RAKP 3 refusal ${refusal}`);
    const session = sessions.get(bmcSessionId);
    if (session === undefined) return;
    if (refusal !== 0) {
      sessions.delete(bmcSessionId);
      return;
    }
    const { suite, facts } = session;
    const password = new TextEncoder().encode(users[new TextDecoder().decode(facts.username)] ?? '');
    const right = equalBytes(authCode, rakp3AuthCode(suite, password, facts));
    const sik = sessionIntegrityKey(suite, faults.bmcKey ?? password, facts);
    if (right) session.keys = sessionKeys(suite, sik);
    const { consoleSessionId } = facts;
    const integrityCheck = right ? rakp4IntegrityCheck(suite, sik, facts) : new Uint8Array();
    const message = { tag, status: right ? 0 : 0x0f, consoleSessionId, integrityCheck };
    reply('RAKP 4', outside(payloadType.rakp4, encodeRakp4(message)), to);
  };

  const look = (): PowerState => {
    if (state === 'On' && looksLeft > 0) {
      looksLeft--;
      return 'Off';
    }
    return state;
  };

  const execute = (
    request: IpmiRequest,
    session: SimulatedSession,
  ): { completionCode: number; data: Uint8Array } => {
    const name = `${request.netFn}/${request.command}`;
    const completionCode = faults.completion(request, count(`command ${name}`));
    if (completionCode !== 0) return { completionCode, data: new Uint8Array() };
    commands.push(`${name} ${Buffer.from(request.data).toString('hex')}`.trim());
    switch (name) {
      case '0/1':
        return { completionCode, data: Uint8Array.of(look() === 'On' ? 0x21 : 0x20, 0, 0) };
      case '0/2':
        if (request.data[0] === 1 && state === 'Off') {
          state = 'On';
          looksLeft = faults.looksUntilOn;
        }
        if (request.data[0] === 0) state = 'Off';
        return { completionCode, data: new Uint8Array() };
      case '0/8':
        return { completionCode, data: new Uint8Array() };
      case '6/1': {
        const { manufacturer } = faults;
        const id = [manufacturer & 0xff, (manufacturer >> 8) & 0xff, manufacturer >> 16];
        return { completionCode, data: Uint8Array.of(0x20, 1, 1, 0, 2, 0xbf, ...id, 0, 0) };
      }
      case '6/59': {
        const level = request.data[0] ?? 0;
        if (level > (session.facts.role & 0x0f)) return { completionCode: 0x81, data: new Uint8Array() };
        session.privilege = level;
        return { completionCode, data: Uint8Array.of(level) };
      }
      case '6/60':
      // SeaMicro's own: power of a server in its chassis.
      case '46/1':
        return { completionCode, data: new Uint8Array() };
      default:
        return executeOther(faults.bus, request);
    }
  };

  const inSession = (bytes: Uint8Array, to: RemoteInfo): void => {
    const { message, length } = decodeRmcpPlus(bytes);
    const session = sessions.get(message.sessionId);
    if (session?.keys === undefined || !message.encrypted || !message.authenticated) return;
    const { keys } = session;
    verifyTrailer(keys, bytes, length);
    // A real BMC takes no packet twice: a retransmission needs a sequence number of its own.
    if (message.sequence <= session.lastSeen) {
      received.push('replayed');
      return;
    }
    session.lastSeen = message.sequence;
    const request = decodeLanRequest(decryptPayload(keys, message.payload));
    received.push(`${request.netFn}/${request.command}`);
    const send = (message: Uint8Array): void => {
      session.sequence++;
      const header = encodeRmcpPlus({
        payloadType: payloadType.ipmi,
        encrypted: true,
        authenticated: true,
        sessionId: session.facts.consoleSessionId,
        sequence: session.sequence,
        payload: encryptPayload(keys, message, new Uint8Array(randomBytes(16))),
      });
      reply(`${request.netFn}/${request.command}`, encodeRmcp(appendTrailer(keys, header)), to);
    };
    if (faults.bus !== undefined && bridgedMessage(request) !== undefined) {
      for (const message of answerBridged(faults.bus, request)) send(message);
      return;
    }
    if (session.last?.sequence !== request.sequence) {
      const done = execute(request, session);
      session.last = {
        sequence: request.sequence,
        response: encodeLanResponse({ ...request, ...done }),
      };
    }
    if (request.netFn === 6 && request.command === 0x3c) sessions.delete(message.sessionId);
    send(session.last.response);
  };

  const handle = (packet: Uint8Array, from: RemoteInfo): void => {
    const bytes = decodeRmcp(packet);
    if (bytes[0] !== 0x06) {
      authCapabilities(bytes, from);
      return;
    }
    const { message } = decodeRmcpPlus(bytes);
    switch (message.payloadType) {
      case payloadType.openSessionRequest:
        openSession(message.payload, from);
        break;
      case payloadType.rakp1:
        rakp1(message.payload, from);
        break;
      case payloadType.rakp3:
        rakp3(message.payload, from);
        break;
      default:
        inSession(bytes, from);
    }
  };

  socket.on('message', (packet, from) => {
    try {
      handle(new Uint8Array(packet), from);
    } catch (thrown) {
      if (!(thrown instanceof DecodeError)) throw thrown;
      received.push(`garbage: ${thrown.message}`);
    }
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    faults,
    commands,
    received,
    openSessions: () => [...sessions.values()].filter((session) => session.keys !== undefined).length,
    power: () => state,
    setPower(wanted) {
      state = wanted;
      looksLeft = 0;
    },
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
